#!/usr/bin/env bash
# must find: SC2086
rm -r $1
