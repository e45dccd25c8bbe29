"""Peers of the server: each a program that listens on ``--port`` and asks the same predictor."""
