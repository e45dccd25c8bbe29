"""Precision, recall and F1 of things found in inputs, with intervals by resampling the inputs."""

from __future__ import annotations

import numpy as np

from undercut.measures.intervals import wilson
from undercut.measures.metrics import ratio

CELLS_AT_ONCE = 2_000_000
RESAMPLES = 1000


def micro_f1(counts: np.ndarray) -> np.ndarray:
    """Return F1 of counts of hits, things there are and things answered, ``(..., 3) -> (...)``.

    0 where there is nothing to be found and nothing was answered.
    """
    counts = np.asarray(counts)
    return ratio(2 * counts[..., 0], counts[..., 1] + counts[..., 2])


def resampled_sums(counts: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """Return the sums of counts over inputs drawn with replacement, ``int64 (resamples, C)``.

    Things of one input are alike, so inputs are drawn and not things. Inputs with equal counts are
    drawn together, from one multinomial.

    Args:
        counts: counts of each input ``(n, C)``, at least one input.
        resamples: number of resamples.
        seed: of the resampling.
    """
    kinds, often = np.unique(np.asarray(counts), axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    step = max(1, CELLS_AT_ONCE // len(kinds))
    parts = []
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        parts.append(rng.multinomial(len(counts), often / len(counts), size) @ kinds)
    return np.concatenate(parts)


def percentile_interval(
    drawn: np.ndarray, point: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the percentile interval of resampled values ``(r,)``, widened to hold ``point``.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 13.3.
    """
    edge = (1 - confidence) / 2
    low, high = np.quantile(drawn, [edge, 1 - edge])
    return min(float(low), point), max(float(high), point)


def bootstrap_micro_f1(
    counts: np.ndarray, *, resamples: int = RESAMPLES, confidence: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the interval of micro-F1 over inputs drawn with replacement.

    Where no resample can differ (all right, or nothing is), Wilson's end for the share found is
    used on the open side.

    Args:
        counts: hits, things there are and things answered of each input, ``(n, 3)``.
        resamples: number of resamples.
        confidence: two-sided confidence level.
        seed: of the resampling; one seed gives one interval.

    Returns:
        Lower and upper end, containing the micro-F1 of all inputs; (0, 1) where nothing is there.
    """
    hits, wanted, answered = (int(v) for v in np.asarray(counts).sum(axis=0))
    point = float(micro_f1(np.array([hits, wanted, answered])))
    if not wanted + answered:
        return 0.0, 1.0
    if not hits or hits == wanted == answered:
        low, high = wilson(hits, max(wanted, answered), confidence)
        return (float(low), point) if hits else (point, float(high))
    drawn = micro_f1(resampled_sums(counts, resamples=resamples, seed=seed))
    return percentile_interval(drawn, point, confidence)
