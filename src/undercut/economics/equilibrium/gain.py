"""What a firm could gain by moving one price alone: on a grid, beside every equilibrium."""

from __future__ import annotations

import numpy as np

from undercut.economics.arrays import Array
from undercut.economics.equilibrium.inputs import Markets

FACTORS = np.concatenate(
    [np.linspace(0.0, 0.9, 10), np.linspace(0.95, 1.05, 11), np.geomspace(1.1, 8, 10)]
)
"""Multiples of the equilibrium's markup that are tried."""
AT_ONCE = 2_000_000


def gain_logit(m: Markets, markup: Array, share: Array, outside: Array) -> Array:
    """Return the largest relative gain of a firm that moves one price alone, ``(T,)``.

    A product that would be asked for beyond its capacity sells its capacity.
    """
    rest = outside + (share.sum(axis=1, keepdims=True) - share)
    rest = np.maximum(rest, np.finfo(float).tiny)
    own = m.by_firm(share * markup)[:, m.owner]
    others = own - share * markup  # of the firm's other products
    best = np.zeros(len(markup))
    for factors in np.array_split(FACTORS, max(1, markup.size * len(FACTORS) // AT_ONCE)):
        f = factors[:, None, None]  # (G, 1, 1)
        change = np.clip(-m.alpha * markup * (f - 1.0), -700.0, 700.0)
        weight = share * np.exp(np.minimum(change, 300.0))
        total = weight + rest
        sold = weight / total
        if m.capacity is not None:
            sold = np.minimum(sold, m.capacity / m.market)
        profit = sold * markup * f + others / total
        relative = (profit - own) / np.maximum(own, np.finfo(float).tiny)
        best = np.maximum(best, relative.max(axis=(0, 2)))
    return best
