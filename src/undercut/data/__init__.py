"""Labelled files in: read, checked, split and kept. Nothing here knows a model."""
