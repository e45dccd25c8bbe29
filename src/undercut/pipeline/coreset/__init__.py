"""Rows worth training on, and rows worth labelling."""
