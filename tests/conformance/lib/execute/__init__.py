"""Runs the minimal example on one executor for each platform, and compares what happened."""
