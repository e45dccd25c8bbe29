"""Bertrand-Nash prices with nested logit: closer substitutes within a nest than across nests.

Within nest g the share is ``e^(v/(1 - rho)) / D_g``, the nest's share is
``D_g^(1 - rho) / (e^outside + sum D^(1 - rho))`` (Berry 1994, RAND J. of Economics 25(2); Cardell
1997); ``rho`` near 0 is plain logit, near 1 perfect substitutes within the nest. The first-order
conditions give a firm one markup a nest:
``m_fg = (1 - rho_g) (1/alpha + Pi_f) / (1 - rho_g S_f|g)`` with ``Pi_f`` the firm's profit a buyer.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from undercut.core.errors import Problem
from undercut.economics.arrays import Array, Arrays, codes
from undercut.economics.checks import collect
from undercut.economics.equilibrium.gain import FACTORS
from undercut.economics.equilibrium.inputs import Markets, markets, sum_by
from undercut.economics.equilibrium.iterate import solve
from undercut.economics.equilibrium.records import Equilibrium

HIGHEST_RHO = 0.999
AT_ONCE = 500_000


def nash_nested(
    delta: Any,
    cost: Any,
    alpha: Any,
    nest: Sequence[Hashable],
    rho: Any,
    owner: Sequence[Hashable] | None = None,
    *,
    market: float = 1.0,
    log_outside: Any = 0.0,
    check: bool = True,
) -> Equilibrium:
    """Return the prices from which no firm gains by moving alone, with nests.

    Args:
        delta: utility at a price of 0, ``(J,)``, or ``(T, J)`` for T markets at once.
        cost: USD/1k, a figure or the shape of ``delta``.
        alpha: price sensitivity per USD/1k, a figure or ``(T,)``.
        nest: nest of each product, ``(J,)``.
        rho: likeness within nests, 0 to 0.999: a figure, or one a nest in order of appearance.
        owner: firm of each product, ``(J,)``; ``None``: each product is a firm of its own.
        market: M, thousand requests a month.
        log_outside: ``ln`` of the weight of everything else, a figure or ``(T,)``.
        check: measure the unilateral gain on a grid of markups too.

    Raises:
        UndercutError: figures out of range, shapes that do not fit, or no equilibrium was found.
    """
    m = markets(delta, cost, alpha, owner, None, market, log_outside)
    group, nests = codes(list(nest))
    r = read_rho(rho, len(nests))
    products = m.delta.shape[1]
    collect(
        None if len(group) == products else Problem(f"{products} nests", str(len(group)), "nest")
    )
    rho_j = r[group]
    # Measured from the largest, so that large utilities and costs lose no digits.
    net = m.delta - m.alpha * m.cost
    base = net.max(axis=1, keepdims=True)
    net, nothing = net - base, m.outside - base
    # One number for each pair of a firm and a nest.
    number = m.owner * len(nests) + group
    known, pair = np.unique(number, return_inverse=True)
    pair_firm, pair_rho = known // len(nests), r[known % len(nests)]

    def markups(within: Array, share: Array, a: Array) -> Array:
        mine = sum_by(within, pair, len(known))  # S_f|g
        held = sum_by(share, pair, len(known))
        factor = (1.0 - pair_rho) / (1.0 - pair_rho * mine)
        taken = np.minimum(sum_by(held * factor, pair_firm, len(m.firms)), 1.0 - 1e-15)
        firm = 1.0 / (a * (1.0 - taken))  # 1/alpha + Pi_f
        return np.asarray((factor * firm[:, pair_firm])[:, pair])

    def step(markup: Array, rows: Array) -> Array:
        """Return ``(1 - rho)/alpha + rho S_f|g m + (1 - rho) Pi_f``: Morrow and Skerlos's zeta."""
        a = m.alpha[rows]
        within, share, _ = nested_shares(net[rows] - a * markup, nothing[rows], group, rho_j)
        same = sum_by(within * markup, pair, len(known))[:, pair]
        firm = sum_by(share * markup, m.owner, len(m.firms))[:, m.owner]
        return np.asarray((1.0 - rho_j) * (1.0 / a + firm) + rho_j * same)

    start = np.repeat(1.0 / m.alpha, products, axis=1)
    markup, steps = solve(step, start, float((1.0 / m.alpha).max()))
    price = m.cost + markup
    within, share, outside = nested_shares(net - m.alpha * markup, nothing, group, rho_j)
    error = np.abs(markups(within, share, m.alpha) / markup - 1.0)
    profit = m.market * share * markup
    gain = _gain(m, net, nothing, markup, group, rho_j) if check else None
    return Equilibrium(
        price=m.out(price),
        share=m.out(share),
        profit=m.out(profit),
        outside=m.out(outside[:, 0]),
        firms=m.firms,
        firm_profit=m.out(m.by_firm(profit)),
        multiplier=m.out(np.zeros_like(price)),
        residual=m.out(error.max(axis=1)),
        gain=None if gain is None else m.out(gain),
        iterations=steps,
    )


def read_rho(rho: Any, nests: int) -> Array:
    """Return one ``rho`` a nest, ``(G,)``.

    Raises:
        UndercutError: out of range, or not one a nest.
    """
    read = Arrays()
    r = read.read("rho", rho, 0.0, HIGHEST_RHO, f"numbers from 0 to {HIGHEST_RHO}")
    read.expect(r.size in (1, nests), f"one figure, or {nests}", f"shape {r.shape}", "rho")
    read.done()
    return np.broadcast_to(r.reshape(-1), (nests,))


def nested_shares(
    utility: Array, log_outside: Array, group: Array, rho: Array
) -> tuple[Array, Array, Array]:
    """Return shares within the nest and of the market ``(k, J)``, and the outside ``(k, 1)``.

    Args:
        utility: ``(k, J)``.
        log_outside: ``(k, 1)``.
        group: number of each product's nest, ``(J,)``.
        rho: likeness within each product's nest, ``(J,)``.
    """
    nests = int(group.max()) + 1
    scaled = utility / (1.0 - rho)
    top = np.stack([scaled[:, group == g].max(axis=1) for g in range(nests)], axis=1)
    weight = np.exp(scaled - top[:, group])
    total = sum_by(weight, group, nests)
    within = weight / total[:, group]
    rho_g = np.array([rho[group == g][0] for g in range(nests)])
    inclusive = (1.0 - rho_g) * (top + np.log(total))  # ln D_g^(1 - rho)
    high = np.maximum(inclusive.max(axis=1, keepdims=True), log_outside)
    nest, rest = np.exp(inclusive - high), np.exp(log_outside - high)
    everything = nest.sum(axis=1, keepdims=True) + rest
    return within, within * (nest / everything)[:, group], rest / everything


def _gain(m: Markets, net: Array, nothing: Array, markup: Array, group: Array, rho: Array) -> Array:
    """Return the largest relative gain of a firm that moves one price alone, ``(T,)``."""

    def earned(own: Array) -> Array:
        _, share, _ = nested_shares(net - m.alpha * own, nothing, group, rho)
        return m.by_firm(share * own)

    now, best = earned(markup), np.zeros(len(markup))
    count, products = markup.shape
    each = max(1, AT_ONCE // markup.size)
    for first in range(0, products, each):
        moving = np.arange(first, min(first + each, products))
        # Every market once for each product that moves: (k, T, J) as one table of markets.
        many = np.tile(np.arange(count), len(moving))
        which = np.repeat(moving, count)
        owners = m.owner[which]
        base = markup[many]
        for factor in FACTORS:
            moved = base.copy()
            moved[np.arange(len(many)), which] *= factor
            v = net[many] - m.alpha[many] * moved
            _, share, _ = nested_shares(v, nothing[many], group, rho)
            profit = m.by_firm(share * moved)[np.arange(len(many)), owners]
            before = np.maximum(now[many, owners], 1e-300)
            gained = (profit - before) / before
            best = np.maximum(best, gained.reshape(len(moving), count).max(axis=0))
    return best
