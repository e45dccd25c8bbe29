"""Thresholds of a cascade of any number of tiers, from validation rows.

One rule gives them all: :func:`undercut.economics.cascade.threshold`, taken from the last tier
but one back to the first, each time with the accuracy and the cost of everything behind it.
Thresholds for every value of an error, from none to infinite, are one path; a target for accuracy,
a budget and the value of an error each choose a point on it.
"""

from __future__ import annotations

from undercut.economics.tiers.goal import FOLDS, Goal, choose, cross_fitted
from undercut.economics.tiers.passing import answered_by, outcome, reached
from undercut.economics.tiers.sample import CONFIDENCE, Point, Sample, lower_bound
from undercut.economics.tiers.sweep import STEPS, path
from undercut.economics.tiers.thresholds import ALL, best

__all__ = [
    "ALL", "CONFIDENCE", "FOLDS", "STEPS", "Goal", "Point", "Sample", "answered_by", "best",
    "choose", "cross_fitted", "lower_bound", "outcome", "path", "reached",
]  # fmt: skip
