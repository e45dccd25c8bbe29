"""Accuracy when only the most confident answers are given."""

from __future__ import annotations

import numpy as np

from undercut.measures.record import CoveragePoint

SHARES = tuple(round(0.05 * i, 2) for i in range(20, 0, -1))


def accuracy_at_coverage(
    confidence: np.ndarray, correct: np.ndarray, shares: tuple[float, ...] = SHARES
) -> list[CoveragePoint]:
    """Return accuracy on the most confident share of rows, for several shares.

    Rows of equal confidence are answered or left together, so a point's coverage is the real one
    and may exceed the share asked for. (The risk-coverage curve of El-Yaniv and Wiener 2010,
    Journal of Machine Learning Research 11, p. 1605, with accuracy in place of risk.)

    Args:
        confidence: probability of the answer ``(n,)``.
        correct: whether the answer is right, ``bool (n,)``.
        shares: shares of rows to answer, each in (0, 1].

    Returns:
        Points by falling coverage, each coverage once; answers with a confidence of at least
        ``threshold`` are given.
    """
    n = len(confidence)
    if not n:
        return []
    rising = np.sort(confidence)
    order = np.argsort(-np.asarray(confidence), kind="stable")
    right = np.cumsum(np.asarray(correct, float)[order])
    wanted = np.clip(np.ceil(np.round(np.asarray(shares) * n, 9)).astype(int), 1, n)
    threshold = rising[n - wanted]
    answered = n - np.searchsorted(rising, threshold, side="left")
    answered, first = np.unique(answered, return_index=True)
    return [
        CoveragePoint(coverage=int(m) / n, threshold=float(t), accuracy=float(right[m - 1] / m))
        for m, t in zip(answered[::-1], threshold[first][::-1], strict=True)
    ]
