"""Cascades from passing everything on to passing nothing on, and what each gives."""

from __future__ import annotations

import numpy as np

from undercut.economics.tiers.passing import outcome
from undercut.economics.tiers.sample import Point, Sample
from undercut.economics.tiers.thresholds import ALL, Chances, best

STEPS = 60
"""Points of a path on either side of the most accurate cascade."""


def path(sample: Sample) -> list[Point]:
    """Return cascades from passing everything on to passing nothing on, what each gives.

    First from everything to the most accurate cascade, by quantiles of the confidences above its
    thresholds; then for falling values of an error down to none.
    """
    known: dict[tuple[float, ...], Chances] = {}
    top = best(sample, np.inf, known)
    found: list[tuple[float, ...]] = []
    levels = [
        np.sort(row[row >= limit]) if not fixed else np.zeros(0)
        for row, limit, fixed in zip(sample.confidence, top, sample.fixed, strict=False)
    ]
    for step in np.linspace(1, 0, STEPS, endpoint=False):
        found.append(
            tuple(
                limit if fixed else _level(own, step, limit)
                for own, limit, fixed in zip(levels, top, sample.fixed, strict=False)
            )
        )
    found.append(top)
    dearest, cheapest = max(max(sample.usd), 1e-12), max(min(sample.usd), 1e-12)
    for value in np.geomspace(1e6 * dearest, cheapest, STEPS):
        found.append(best(sample, float(value), known))
    found.append(tuple(0.0 for _ in top))
    return [outcome(sample, t) for t in dict.fromkeys(found)]


def _level(own: np.ndarray, step: float, limit: float) -> float:
    """Return the confidence below which a share ``step`` of those above ``limit`` lie."""
    if step >= 1 or not len(own):
        return ALL
    return max(limit, float(own[min(int(step * len(own)), len(own) - 1)]))
