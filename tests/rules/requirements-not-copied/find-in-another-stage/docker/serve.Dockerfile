# two stages that share nothing
FROM python:3.11 AS build
COPY requirements.txt .
RUN pip wheel -r requirements.txt
FROM python:3.11-slim
RUN pip install -r requirements.txt
