"""Intervals: Wilson's for a share of rows, the bootstrap for macro-F1."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from undercut.measures.metrics import macro_f1, margins

NORMAL = NormalDist()
CELLS_AT_ONCE = 2_000_000
"""Resampled cells held in memory at a time (16 MB)."""


def z_score(confidence: float, sides: int = 2) -> float:
    """Return the standard normal quantile of a ``sides``-sided interval: 1.96 for .95."""
    return NORMAL.inv_cdf(1 - (1 - confidence) / sides)


def wilson(
    successes: np.ndarray | float, n: np.ndarray | float, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return the score interval of a share.

    Source: Wilson 1927, Probable inference, Journal of the American Statistical Association
    22(158), p. 209.

    Args:
        successes: rows that count, any shape.
        n: rows in all, same shape or broadcastable; where 0, the interval is (0, 1).
        confidence: two-sided confidence level.

    Returns:
        Lower and upper ends as shares, in the broadcast shape; they contain ``successes / n``.
    """
    x, m = np.broadcast_arrays(np.asarray(successes, float), np.asarray(n, float))
    z = z_score(confidence)
    some = np.maximum(m, 1)
    p = x / some
    centre = (p + z * z / (2 * some)) / (1 + z * z / some)
    half = z * np.sqrt(p * (1 - p) / some + z * z / (4 * some * some)) / (1 + z * z / some)
    low = np.where(m > 0, np.clip(np.minimum(centre - half, p), 0, 1), 0.0)
    high = np.where(m > 0, np.clip(np.maximum(centre + half, p), 0, 1), 1.0)
    return np.where(x == 0, 0.0, low), np.where(x == m, 1.0, high)


def bootstrap_macro_f1(
    confusion: np.ndarray, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the bias-corrected percentile interval of macro-F1.

    Drawing n rows with replacement is drawing the cells of the confusion matrix from one
    multinomial, so a resample costs its non-empty cells and not its rows. The plain percentile
    interval is biased low where classes are small: on simulated data of 77 classes and 770 rows
    it covers 88 % where the bias-corrected one covers 94 %. Source: Efron and Tibshirani 1993, An
    Introduction to the Bootstrap, section 14.3 (with zero acceleration). Where no row is wrong,
    or none right, resamples do not vary and Wilson's end for accuracy is used on the open side.

    Args:
        confusion: ``(K, K)`` counts, row = target, column = answer; at least one row.
        resamples: number of resamples.
        confidence: two-sided confidence level.
        seed: of the resampling; one seed gives one interval.

    Returns:
        Lower and upper end, containing the macro-F1 of ``confusion``.
    """
    hits, actual, answered = margins(confusion)
    point = float(macro_f1(hits, actual, answered))
    right, n = int(hits.sum()), int(actual.sum())
    if right in (0, n):
        low, high = wilson(right, n, confidence)
        return (float(low), point) if right else (point, float(high))
    drawn = np.sort(_resampled(confusion, resamples, seed))
    below = (np.searchsorted(drawn, point, "left") + np.searchsorted(drawn, point, "right")) / 2
    edge = 0.5 / resamples
    bias = NORMAL.inv_cdf(min(max(below / resamples, edge), 1 - edge))
    z = z_score(confidence)
    low, high = np.quantile(drawn, [NORMAL.cdf(2 * bias - z), NORMAL.cdf(2 * bias + z)])
    return min(float(low), point), max(float(high), point)


def _resampled(confusion: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Return macro-F1 of each resample, ``(resamples,)``."""
    rng = np.random.default_rng(seed)
    row, column = np.nonzero(confusion)  # (C,) non-empty cells, sorted by row
    count = confusion[row, column]
    n, share = int(count.sum()), count / count.sum()
    diagonal = row == column
    by_column = np.argsort(column, kind="stable")
    row_start = np.flatnonzero(np.diff(row, prepend=-1))
    column_start = np.flatnonzero(np.diff(column[by_column], prepend=-1))
    k = len(confusion)
    parts = []
    step = max(1, CELLS_AT_ONCE // len(count))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.multinomial(n, share, size=size)  # (size, C)
        hits, actual, answered = (np.zeros((size, k), np.int64) for _ in range(3))
        hits[:, row[diagonal]] = drawn[:, diagonal]
        actual[:, row[row_start]] = np.add.reduceat(drawn, row_start, axis=1)
        answered[:, column[by_column][column_start]] = np.add.reduceat(
            drawn[:, by_column], column_start, axis=1
        )
        parts.append(macro_f1(hits, actual, answered))
    return np.concatenate(parts)
