"""Cascades: which rows, which rules, which thresholds; measured end to end, and whether it pays."""
