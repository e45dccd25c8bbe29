"""What every tier said about the same rows, and what thresholds give on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from undercut.measures.paired import drop_bound

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Sample:
    """What every tier said about the same rows.

    Attributes:
        confidence: highest probability of each tier's answer, 0 where it says nothing, ``(T, n)``.
        right: whether the answer is right, ``bool (T, n)``.
        usd: what a request costs at each tier it reaches, USD, ``(T,)``.
        fixed: tiers that answer whenever they say something, such as rules, ``bool (T,)``.
    """

    confidence: np.ndarray
    right: np.ndarray
    usd: tuple[float, ...]
    fixed: tuple[bool, ...]

    def take(self, index: np.ndarray) -> Sample:
        """Return the rows at ``index``."""
        return Sample(self.confidence[:, index], self.right[:, index], self.usd, self.fixed)


@dataclass(frozen=True)
class Point:
    """What thresholds give on a sample.

    Attributes:
        thresholds: one a tier but the last; below it a tier passes on.
        accuracy: share of rows answered right.
        usd: USD a request.
        shares: of the rows, answered by each tier, ``(T,)``.
        lost, gained: rows only the last tier gets right, and only the cascade.
        n: rows.
    """

    thresholds: tuple[float, ...]
    accuracy: float
    usd: float
    shares: tuple[float, ...]
    lost: int
    gained: int
    n: int

    @property
    def drop_upper(self) -> float:
        """Upper 95 % bound, one-sided, of the loss of accuracy against the last tier alone."""
        return float(drop_bound(self.lost, self.gained, self.n, CONFIDENCE))

    @property
    def accuracy_lower(self) -> float:
        """Lower 95 % bound, one-sided, of the accuracy (Clopper and Pearson 1934)."""
        return lower_bound(round(self.accuracy * self.n), self.n)


def lower_bound(right: int, n: int) -> float:
    """Return the exact lower 95 % bound, one-sided, of a share.

    Source: Clopper and Pearson 1934, Biometrika 26, p. 404; 0 where nothing is right.
    """
    from scipy.special import betaincinv

    return float(betaincinv(right, n - right + 1, 1 - CONFIDENCE)) if right else 0.0
