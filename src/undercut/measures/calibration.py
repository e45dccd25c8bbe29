"""Do probabilities mean what they say: temperature, log loss, calibration error."""

from __future__ import annotations

import numpy as np

from undercut.core.errors import fail
from undercut.measures.record import ReliabilityBin
from undercut.measures.scores import LOWEST, log_softmax, target_fault

COLDEST, HOTTEST = 0.02, 50.0
BINS = 15


def log_loss(log_probs: np.ndarray, y: np.ndarray) -> float:
    """Return the mean negative log-likelihood, nats a row.

    Args:
        log_probs: ``(n, K)``, floored (see :func:`undercut.measures.scores.clean`).
        y: encoded targets ``(n,)``.
    """
    return float(-log_probs[np.arange(len(y)), y].mean())


def fit_temperature(scores: np.ndarray, y: np.ndarray) -> float:
    """Return the temperature T that makes ``softmax(scores / T)`` most likely.

    Guo, Pleiss, Sun and Weinberger 2017, On calibration of modern neural networks, section 4.2: one
    number, found by bounded minimisation of the mean negative log-likelihood over log T, which
    has one minimum there. One pseudo-row with a uniform label is added to the n rows, after Platt
    1999, section 2.2: without it a split without a mistake would drive T to its lower bound.

    Args:
        scores: logits or log-probabilities ``(n, K)``.
        y: encoded targets ``(n,)``.

    Returns:
        Temperature in [0.02, 50]; above 1 when the scores were overconfident.

    Raises:
        UndercutError: no rows, NaN, or targets that do not fit the scores.
    """
    from scipy.optimize import minimize_scalar

    x = np.asarray(scores, dtype=np.float64)
    wrong = f"shape {x.shape}" if x.ndim != 2 or not x.size else target_fault(y, *x.shape)
    if wrong or not np.isfinite(x.max(axis=1)).all():
        raise fail(
            "calibration-rows",
            expected="finite scores of at least one row, with one target each",
            found=wrong or "rows without a finite score",
        )
    x = np.maximum(log_softmax(x), LOWEST)  # (n, K)
    own = x[np.arange(len(x)), y].mean()
    uniform = x.mean()

    def loss(log_t: float) -> float:
        t = np.exp(log_t)
        normaliser = _log_sum_exp(x / t).mean()
        return float(normaliser - own / t + (normaliser - uniform / t) / len(x))

    found = minimize_scalar(
        loss,
        bounds=(np.log(COLDEST), np.log(HOTTEST)),
        method="bounded",
        options={"xatol": 1e-5},
    )
    return float(np.exp(found.x))


def reliability_bins(
    confidence: np.ndarray, correct: np.ndarray, bins: int = BINS
) -> list[ReliabilityBin]:
    """Group rows by confidence into bins of equal mass.

    Equal-mass bins after Nguyen and O'Connor 2015, Posterior calibration and exploratory
    analysis, section 3. Rows of equal confidence share a bin, so there may be fewer bins.

    Args:
        confidence: probability of the answer ``(n,)``.
        correct: whether the answer is right, ``bool (n,)``.
        bins: number of bins wanted.

    Returns:
        Non-empty bins, rising; a bin's ``high`` is the next one's ``low``, the last one's is 1.
    """
    n = len(confidence)
    if not n:
        return []
    at = np.unique(np.arange(bins) * n // bins)
    edges = np.unique(np.sort(confidence)[at])
    bin_of = np.searchsorted(edges, confidence, side="right") - 1
    rows = np.bincount(bin_of, minlength=len(edges))
    mean = np.bincount(bin_of, weights=confidence, minlength=len(edges)) / rows
    accuracy = np.bincount(bin_of, weights=correct, minlength=len(edges)) / rows
    highs = [*edges[1:].tolist(), 1.0]
    return [
        ReliabilityBin(low=low, high=high, rows=int(r), confidence=float(m), accuracy=float(a))
        for low, high, r, m, a in zip(edges.tolist(), highs, rows, mean, accuracy, strict=True)
    ]


def expected_calibration_error(bins: list[ReliabilityBin]) -> float:
    """Return the mean gap between confidence and accuracy over bins, weighted by rows.

    Naeini, Cooper and Hauskrecht 2015, Obtaining well calibrated probabilities using Bayesian
    binning, section 3; 0.0 without bins.
    """
    total = sum(b.rows for b in bins)
    return sum(b.rows * abs(b.confidence - b.accuracy) for b in bins) / total if total else 0.0


def _log_sum_exp(x: np.ndarray) -> np.ndarray:
    """Return log-sum-exp over the last axis of finite values."""
    top = x.max(axis=-1)
    return top + np.log(np.exp(x - top[..., None]).sum(axis=-1))
