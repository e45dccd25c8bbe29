"""What a firm could gain by moving one price alone: on a grid, beside every equilibrium."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from undercut.economics.arrays import Array
from undercut.economics.equilibrium.inputs import Markets

CUTS = (0.01, 0.04, 0.05, 0.1, 0.1, 0.2, 0.2, 0.3)
"""Steps down from the equilibrium's markup, as parts of it: to 0.99, 0.95, 0.9 ... 0.3, 0."""
RISES = (0.01, 0.04, 0.05, 0.1, 0.1, 0.2, 0.2, 0.4, 0.4, 0.8, 0.8, 1.6, 1.6)
"""Steps up: to 1.01, 1.05, 1.1, 1.2, 1.3, 1.5 ... 5.7, 7.3."""
FACTORS = np.round(np.concatenate([1.0 - np.cumsum(CUTS), 1.0 + np.cumsum(RISES)]), 9)
"""Multiples of the equilibrium's markup that are tried."""
LEAST = 1e-300
AT_ONCE = 2_000_000


def along_the_grid(against: Array, rate: Array) -> Iterator[Array]:
    """Yield at each of ``FACTORS`` the odds against being bought: ``against e^(rate (f - 1))``.

    A step multiplies the odds before by ``e^(rate step)``, which steps of one length share and a
    step twice as long squares. Odds run to 0 or infinity, never to a NaN; the caller switches those
    warnings off. The array yielded is used again: take what is wanted of it before the next.

    Args:
        against: ``(1 - s)/s`` at the equilibrium, positive and finite.
        rate: ``alpha`` times the markup, of the shape of ``against``.
    """
    for sign, steps in ((-1.0, CUTS), (1.0, RISES)):
        odds, ratio, length = against.copy(), np.empty_like(against), 0.0
        for step in steps:
            if step == 2.0 * length:
                np.multiply(ratio, ratio, out=ratio)
            elif step != length:
                np.exp(np.multiply(rate, sign * step, out=ratio), out=ratio)
            np.multiply(odds, ratio, out=odds)
            length = step
            yield odds


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
