ARG PYTHON=3.12.12
ARG BASE
FROM python:${PYTHON}-slim AS base
FROM base AS test
FROM scratch AS files
# FROM ubuntu
FROM ${BASE}
