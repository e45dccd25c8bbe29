"""Rows whose given label is probably wrong, from probabilities of models that never saw them.

Confident learning: Northcutt, Jiang and Chuang 2021, Confident Learning: Estimating Uncertainty in
Dataset Labels, Journal of Artificial Intelligence Research 70, p. 1373.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Suspicions:
    """Rows that are probably mislabelled, the likeliest first.

    Attributes:
        rows: row numbers, ``int64 (m,)``.
        given: class each row has, ``int64 (m,)``.
        likely: class the models find likeliest, ``int64 (m,)``.
        confidence: probability of ``likely``, ``float64 (m,)``.
        self_confidence: probability of ``given``, ascending, ``float64 (m,)``.
        estimated: rows expected to be mislabelled, from the calibrated joint.
    """

    rows: np.ndarray
    given: np.ndarray
    likely: np.ndarray
    confidence: np.ndarray
    self_confidence: np.ndarray
    estimated: int


def thresholds(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return each class's mean probability among the rows labelled so (section 3.1, eq. 2).

    A class without rows gets 1, which nothing reaches confidently.

    Args:
        p: out-of-sample probabilities, ``(n, K)``.
        y: given classes, ``int (n,)``.
    """
    size = np.bincount(y, minlength=p.shape[1])
    total = np.bincount(y, weights=p[np.arange(len(y)), y], minlength=p.shape[1])
    return np.where(size > 0, total / np.maximum(size, 1), 1.0)


def confident_classes(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the class each row is confidently counted for, -1 where there is none.

    Among the classes whose threshold the row reaches, the likeliest (section 3.1, eq. 1).
    """
    able = p >= thresholds(p, y) - 1e-6
    best = np.where(able, p, -1.0).argmax(axis=1)
    return np.where(able.any(axis=1), best, -1)


def estimated_errors(p: np.ndarray, y: np.ndarray) -> int:
    """Return how many labels are expected to be wrong: the joint's mass off the diagonal, in rows.

    The joint is the count of confident classes, each row of it scaled to the size of its given
    class (section 3.1, eq. 3).
    """
    k = p.shape[1]
    sure = confident_classes(p, y)
    some = sure >= 0
    joint = np.bincount(y[some] * k + sure[some], minlength=k * k).reshape(k, k).astype(float)
    size = np.bincount(y, minlength=k)
    counted = joint.sum(axis=1)
    right = np.where(counted > 0, np.diag(joint) / np.maximum(counted, 1), 1.0)
    return round(float(((1 - right) * size).sum()))


def suspicions(p: np.ndarray, y: np.ndarray) -> Suspicions:
    """Return the rows whose likeliest class is another than they have, least believed first.

    As many as :func:`estimated_errors` says, ranked by self-confidence, the probability of the
    given label (section 3.2). Among all rows that disagree, that ranking found planted errors
    better than the confident joint's cells alone: ``python -m benchmarks labels``.
    Classes of one row are left out: no model that did not see the row knows them.

    Args:
        p: out-of-sample probabilities, ``float (n, K)``, rows summing to 1.
        y: given classes, ``int (n,)``.

    Raises:
        ValueError: shapes that do not fit, or values that are no probabilities.
    """
    p, y = np.asarray(p, np.float64), np.asarray(y, np.int64)
    fits = p.ndim == 2 and p.shape[1] > 0 and y.shape == p.shape[:1]
    if not fits or (len(y) and not 0 <= y.min() <= y.max() < p.shape[1]):
        raise ValueError(f"probabilities {p.shape} do not fit labels {y.shape}")
    if len(p) and (p.min() < 0 or not np.allclose(p.sum(axis=1), 1, atol=1e-3)):
        raise ValueError("rows of probabilities must be at least 0 and sum to 1")
    likely, own = p.argmax(axis=1), p[np.arange(len(y)), y]
    rows = np.flatnonzero((likely != y) & (np.bincount(y, minlength=p.shape[1])[y] > 1))
    estimated = estimated_errors(p, y)
    rows = rows[np.lexsort((rows, own[rows]))][:estimated]
    found = likely[rows]
    return Suspicions(rows, y[rows], found, p[rows, found], own[rows], estimated)
