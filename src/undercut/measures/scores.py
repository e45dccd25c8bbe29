"""Scores as every room passes them: log-probabilities ``(n, K)``, rows in input order."""

from __future__ import annotations

import numpy as np

LOWEST = -100.0
"""Floor of a log-probability, nats; keeps a probability of exactly 0 from making sums infinite."""

TOLERANCE = 1e-3
"""How far a row's probabilities may be from summing to 1."""


def fault(scores: object, k: int) -> str:
    """Say what is wrong with scores.

    Args:
        scores: anything; good ones are log-probabilities ``(n, k)``.
        k: number of labels.

    Returns:
        What was found, in a few words, or ``""`` when the scores are good.
    """
    try:
        x = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError):
        return "values that are not numbers"
    if x.ndim != 2 or x.shape[1] != k:
        return f"shape {x.shape} where (rows, {k}) is needed"
    bad = int(np.isnan(x).any(axis=1).sum())
    if bad:
        return f"NaN in {bad} of {len(x)} rows"
    with np.errstate(over="ignore"):
        total = np.exp(x).sum(axis=1)
    bad = int((~(np.abs(total - 1) <= TOLERANCE)).sum())
    if bad:
        worst = float(total[np.argmax(np.abs(total - 1))])
        where = f"in {bad} of {len(x)} rows"
        return f"probabilities that do not sum to 1 {where} (one sums to {worst:.3g})"
    return ""


def clean(scores: object) -> np.ndarray:
    """Return scores as ``float64 (n, K)``, floored at :data:`LOWEST`."""
    return np.maximum(np.asarray(scores, dtype=np.float64), LOWEST)


def log_softmax(x: np.ndarray) -> np.ndarray:
    """Return log-softmax over the last axis of finite values, overflow-free."""
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def target_fault(targets: object, n: int, k: int) -> str:
    """Say what is wrong with encoded targets, which must be ``n`` whole numbers in ``[0, k)``."""
    y = np.asarray(targets)
    if y.ndim != 1 or len(y) != n:
        return f"shape {y.shape} where ({n},) is needed"
    if not n:
        return ""
    if not np.issubdtype(y.dtype, np.integer):
        return f"type {y.dtype} where whole numbers are needed"
    outside = int(((y < 0) | (y >= k)).sum())
    return f"{outside} of {n} outside 0 to {k - 1}" if outside else ""
