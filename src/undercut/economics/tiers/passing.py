"""Who answers a row under given thresholds: the rule the cascade itself follows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from undercut.economics.tiers.sample import Point, Sample


def answered_by(confidence: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """Return the tier that answers each row, ``int64 (n,)``: the rule the cascade itself follows.

    Args:
        confidence: ``(T, n)``, 0 where a tier says nothing.
        thresholds: one a tier but the last.
    """
    tiers, n = confidence.shape
    found = np.full(n, tiers - 1)
    for i in reversed(range(tiers - 1)):
        found[(confidence[i] >= thresholds[i]) & (confidence[i] > 0)] = i
    for i in range(tiers - 2, -1, -1):  # a last tier that says nothing leaves it to one before
        silent = confidence[found, np.arange(n)] <= 0
        found[silent & (found > i) & (confidence[i] > 0)] = i
    return found


def outcome(sample: Sample, thresholds: Sequence[float]) -> Point:
    """Return what thresholds give on a sample."""
    tiers, n = sample.right.shape
    asked = reached(sample.confidence, thresholds)
    by = answered_by(sample.confidence, thresholds)
    right, big = sample.right[by, np.arange(n)], sample.right[-1]
    shares = np.bincount(by, minlength=tiers) / n
    return Point(
        thresholds=tuple(float(t) for t in thresholds),
        accuracy=float(right.mean()),
        usd=float(sum(u * a for u, a in zip(sample.usd, asked, strict=True))),
        shares=tuple(shares.tolist()),
        lost=int((big & ~right).sum()),
        gained=int((right & ~big).sum()),
        n=n,
    )


def reached(confidence: np.ndarray, thresholds: Sequence[float]) -> list[float]:
    """Return the share of rows that reach each tier."""
    left = np.ones(confidence.shape[1], bool)
    shares = [1.0]
    for row, limit in zip(confidence, thresholds, strict=False):
        left = left & ~((row >= limit) & (row > 0))
        shares.append(float(left.mean()))
    return shares
