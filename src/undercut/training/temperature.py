"""Temperature scaling of scores (Guo et al. 2017, On Calibration of Modern Neural Networks)."""

from __future__ import annotations

import numpy as np


def log_loss(scores: np.ndarray, y: np.ndarray, temperature: float) -> float:
    """Return the mean negative log-likelihood in nats of ``softmax(scores / temperature)``.

    Args:
        scores: margins or logits ``(n, K)``.
        y: true classes, ``int (n,)``.
        temperature: above 0.
    """
    z = np.asarray(scores, np.float64) / temperature
    z = z - z.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]))


def fit_temperature(scores: np.ndarray, y: np.ndarray) -> float:
    """Return the temperature in [0.01, 100] with the least log loss on held-out rows.

    The loss is convex in ``1 / temperature``, so it has one valley in the logarithm too, which a
    golden-section search finds to 1e-3 of its place.

    Args:
        scores: margins or logits ``(n, K)`` of rows not trained on.
        y: true classes, ``int (n,)``.
    """
    golden = (np.sqrt(5) - 1) / 2
    low, high = np.log(0.01), np.log(100.0)
    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a, at_b = (log_loss(scores, y, float(np.exp(t))) for t in (a, b))
    while high - low > 1e-3:
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = log_loss(scores, y, float(np.exp(a)))
        else:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = log_loss(scores, y, float(np.exp(b)))
    return float(np.exp((low + high) / 2))
