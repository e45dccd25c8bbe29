"""A firm's odds when some of its products cannot be sold beyond a limit."""

from __future__ import annotations

import numpy as np

from undercut.economics.arrays import Array
from undercut.economics.equilibrium.inputs import sum_by

STEPS = 200
LEAST = -690.0


def capped_odds(tops: Array, limits: Array, owner: Array, firms: int) -> tuple[Array, Array]:
    """Return the odds ``u = S/(1 - S)`` of each firm and ``-dS/dh``, ``(k, F)`` each.

    A firm's share solves ``S = sum_j min(k_j, x_j e^(-1/(1 - S)))`` with ``x_j = t_j/H``. The left
    side rises in ``S``, the right side falls: one root, found in ``w = ln u``.

    Args:
        tops: ``ln x_j``, ``(k, J)``.
        limits: ``ln`` of the largest share, ``(k, J)``; infinity where there is none.
        owner: firm of each product, ``(J,)``.
        firms: how many.
    """

    def sold(w: Array) -> tuple[Array, Array]:
        """Return the shares the firms would sell at odds ``e^w``, and of that what is not full."""
        free = np.clip(tops - 1.0 - np.exp(w)[:, owner], LEAST, None)
        full = free >= limits
        each = np.exp(np.minimum(free, limits))
        return sum_by(each, owner, firms), sum_by(np.where(full, 0.0, each), owner, firms)

    size = (len(tops), firms)
    low = np.full(size, LEAST)
    high = np.full(size, np.log(max(float(np.max(tops)), 1.0) + tops.shape[1] + 2.0))
    w = 0.5 * (np.maximum(low, -2.0) + np.minimum(high, 1.0))
    for _ in range(STEPS):
        share, loose = sold(w)
        u = np.exp(w)
        # ln of both sides: ln(u/(1 + u)) rises with slope 1/(1 + u) in w, ln(sold) falls.
        value = w - np.log1p(u) - np.log(share)
        slope = 1.0 / (1.0 + u) + u * loose / share
        low, high = np.where(value <= 0, w, low), np.where(value >= 0, w, high)
        new = w - value / slope
        outside = (new < low) | (new > high)
        new = np.where(outside, 0.5 * (low + high), new)
        moved = np.abs(new - w)
        w = new
        if np.all(moved <= 1e-15 * np.maximum(1.0, np.abs(w))):
            break
    share, loose = sold(w)
    u = np.exp(w)
    # S = sold(S, h): dS/dh = -loose / (1 + loose/(1 - S)**2), and 1/(1 - S) = 1 + u.
    return u, loose / (1.0 + loose * (1.0 + u) ** 2)
