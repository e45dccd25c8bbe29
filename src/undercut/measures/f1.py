"""Micro-averaged F1 of things found in inputs, and its interval."""

from __future__ import annotations

import numpy as np

from undercut.measures.intervals import wilson
from undercut.measures.metrics import ratio

CELLS_AT_ONCE = 2_000_000


def micro_f1(counts: np.ndarray) -> np.ndarray:
    """Return F1 of counts of hits, things there are and things answered, ``(..., 3) -> (...)``.

    0 where there is nothing to be found and nothing was answered.
    """
    counts = np.asarray(counts)
    return ratio(2 * counts[..., 0], counts[..., 1] + counts[..., 2])


def bootstrap_micro_f1(
    counts: np.ndarray, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile interval of micro-F1 over inputs drawn with replacement.

    Things of one input are alike, so inputs are drawn and not things. Inputs with equal counts are
    drawn together, from one multinomial. Where no resample can differ (all right, or nothing is),
    Wilson's end for the share found is used on the open side.

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
    kinds, often = np.unique(counts, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    step = max(1, CELLS_AT_ONCE // len(kinds))
    parts = []
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        parts.append(micro_f1(rng.multinomial(len(counts), often / len(counts), size) @ kinds))
    edge = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(parts), [edge, 1 - edge])
    return min(float(low), point), max(float(high), point)
