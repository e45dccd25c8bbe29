"""Buyers who tend to stay: the matrix of moves, where shares settle, and how soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.economics.arrays import Array, Arrays


@dataclass(frozen=True)
class Inertia:
    """Moves between J choices a month.

    Attributes:
        matrix: ``P``, chance of moving from the row's choice to the column's, ``(J, J)``.
        stationary: shares that stay as they are, ``(J,)``.
        half_life_months: months until half of a disturbance is gone; 0 when nothing holds
            buyers, ``None`` when a float cannot tell them from buyers who never move.
    """

    matrix: Array
    stationary: Array
    half_life_months: float | None

    def after(self, shares: Any, months: int = 1) -> Array:
        """Return shares after some months, ``s P^n``, ``(J,)``.

        Raises:
            UndercutError: not one share a choice, or they do not add up to 1.
        """
        read = Arrays()
        s = read.probability("shares", shares)
        read.expect(s.shape == self.stationary.shape, "one share a choice", f"{s.shape}", "shares")
        read.expect(
            abs(float(s.sum()) - 1) < 1e-9, "shares that add up to 1", f"{s.sum()}", "shares"
        )
        read.expect(0 <= months <= 100_000, "months from 0 to 100000", str(months), "months")
        read.done()
        return np.asarray(s @ np.linalg.matrix_power(self.matrix, int(months)))


def inertia(utility: Any, kappa: float) -> Inertia:
    """Return the moves of buyers whose last choice has ``kappa`` more utility.

    ``P_jk`` is proportional to ``e^(v_k + kappa 1[j = k])`` (Dube, Hitsch and Rossi 2009, Journal
    of Marketing Research 46(4)). The half-life is that of the slowest disturbance,
    ``ln 0.5 / ln |lambda_2|``. The outside option is a choice like any other: give its utility too.

    Args:
        utility: of each choice this month, ``(J,)``, at least two.
        kappa: what staying is worth, at least 0.

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    read = Arrays()
    v, k = read.number("utility", utility), read.not_negative("kappa", kappa)
    read.expect(v.ndim == 1 and v.size >= 2, "at least two choices", f"shape {v.shape}", "utility")
    read.expect(k.ndim == 0, "one figure", f"shape {k.shape}", "kappa")
    read.done()
    n = len(v)
    score = np.broadcast_to(v, (n, n)) + float(k) * np.eye(n)
    score = score - score.max(axis=1, keepdims=True)
    matrix = np.exp(score)
    matrix /= matrix.sum(axis=1, keepdims=True)
    return Inertia(
        matrix=matrix, stationary=_stationary(v, float(k)), half_life_months=_half(matrix)
    )


def _stationary(v: Array, kappa: float) -> Array:
    """Moves are reversible: ``pi_j`` is proportional to ``e^(v_j) (Z + (e^kappa - 1) e^(v_j))``."""
    log_z = np.logaddexp.reduce(v)
    stay = kappa + np.log(-np.expm1(-kappa)) if kappa > 0 else -np.inf
    log_pi = v + np.logaddexp(log_z, stay + v)
    weight = np.exp(log_pi - log_pi.max())
    return np.asarray(weight / weight.sum())


def _half(matrix: Array) -> float | None:
    sizes = np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1]
    second = float(sizes[1])
    if second < 1e-12:
        return 0.0
    if second >= 1.0 - 1e-14:
        return None
    return float(np.log(0.5) / np.log(second))
