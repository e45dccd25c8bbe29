"""Bertrand-Nash prices under plain logit, by one equation in one unknown a market.

With ``T_f = sum e^(delta - alpha c)`` over a firm's products and ``H = e^outside + sum e^v``, each
firm's share solves ``S = (T_f/H) e^(-1/(1 - S))`` and the shares and the outside share add up to 1
(Nocke and Schutz 2018, Econometrica 86(2), 557-612, section 2: logit is their type aggregation).
In the odds ``u = S/(1 - S)`` the markup is ``(1 + u)/alpha`` and the profit ``M u/alpha``: nothing
overflows or cancels, and the equilibrium exists and is the only one.

Under plain logit all products of a firm carry the same markup. Where that is implausible use
segments (:func:`nash_mixed`) or nests (:func:`nash_nested`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from scipy.special import wrightomega

from undercut.economics.arrays import Array
from undercut.economics.equilibrium.capacity import capped_odds
from undercut.economics.equilibrium.gain import gain_logit
from undercut.economics.equilibrium.inputs import Markets, markets, sum_by
from undercut.economics.equilibrium.records import BestReplies, Equilibrium
from undercut.economics.equilibrium.roots import falling_root

LEAST = -700.0
"""Below this logarithm a share is 0 to a float; it is kept here so that its logarithm exists."""
NOTHING = 1e-300
TOGETHER = 15
"""Steps of the fast method before the sure one takes over."""


def nash_logit(
    delta: Any,
    cost: Any,
    alpha: Any,
    owner: Sequence[Hashable] | None = None,
    capacity: Any = None,
    *,
    market: float = 1.0,
    log_outside: Any = 0.0,
    check: bool = True,
) -> Equilibrium:
    """Return the prices from which no firm gains by moving alone, under plain logit.

    With capacity each product is priced as if its cost were ``c + lambda``, where ``lambda`` is 0
    unless the capacity ``K`` binds (``0 <= lambda`` complementary to ``K - M s >= 0``).

    Args:
        delta: utility at a price of 0, ``(J,)``, or ``(T, J)`` for T markets at once.
        cost: USD/1k, a figure or the shape of ``delta``.
        alpha: price sensitivity per USD/1k, a figure or one a market ``(T,)``.
        owner: firm of each product, ``(J,)``; ``None``: each product is a firm of its own.
        capacity: most that can be sold of each product, thousand requests a month, in the shape of
            ``delta``; ``None`` or infinity: no limit.
        market: M, thousand requests a month. With the default of 1 profits are a share's worth.
        log_outside: ``ln(1 + sum e^v)`` over rivals that stand still; a figure or ``(T,)``.
        check: measure the unilateral gain on a grid of markups too.

    Raises:
        UndercutError: figures out of range or shapes that do not fit; all are listed.
    """
    m = markets(delta, cost, alpha, owner, capacity, market, log_outside)
    log_t = m.delta - m.alpha * m.cost
    firms = len(m.firms)
    log_firm = log_t if firms == log_t.shape[1] else _log_sums(log_t, m.owner, firms)
    # Everything is measured from the largest exponent, so that large utilities lose no digits.
    base = np.maximum(m.outside, log_firm.max(axis=1, keepdims=True))
    y, nothing = log_firm - base, m.outside - base
    alone = wrightomega(np.maximum(y - nothing - 1.0, LEAST))
    high = np.log(np.exp(nothing) + np.exp(y - 1.0).sum(axis=1, keepdims=True))
    start = np.minimum(nothing + np.log1p(alone.sum(axis=1, keepdims=True)), high)
    if m.capacity is None:
        u, h, steps, done = _together(y, nothing, start)
        if not done.all():
            left = np.flatnonzero(~done)
            u[left], h[left], more = _apart(y[left], nothing[left], start[left], high[left])
            steps += more
    else:
        limits, tops = np.log(m.capacity / m.market), log_t - base

        def odds(h: Array, rows: Array) -> tuple[Array, Array]:
            return capped_odds(tops[rows] - h, limits[rows], m.owner, firms)

        u, h, steps = _search(odds, nothing, start, high)
    held = u / (1.0 + u)
    if m.capacity is None:
        # From the odds, not from the prices: a large price has too few digits for an exponential.
        share = np.where(held < NOTHING, 0.0, held)
        if firms < log_t.shape[1]:
            share = share[:, m.owner] * np.exp(log_t - log_firm[:, m.owner])
    else:
        share = np.exp(np.minimum(tops - 1.0 - u[:, m.owner] - h, limits))
    return _finish(m, u, share, np.exp(nothing - h), h + base, steps, check)


def _together(y: Array, nothing: Array, h: Array) -> tuple[Array, Array, int, Array]:
    """Solve for the odds and ``h = ln H`` at once by Newton's method; say where it settled.

    Each firm: ``ln(u/(1 + u)) + u + 1 = y - h``; all: ``e^(nothing - h) + sum u/(1 + u) = 1``.
    """
    u = wrightomega(np.maximum(y - h - 1.0, LEAST))
    done = np.zeros(len(y), dtype=bool)
    steps = 0
    for _ in range(TOGETHER):
        steps += 1
        least = 1.0 / (1.0 + u)
        share = u * least
        target = y - h
        hopeless = target < LEAST  # no share to a float, whatever the others do
        any_hopeless = hopeless.any()
        if any_hopeless:
            target = np.maximum(target, LEAST)
        off = np.log(share) + u + (1.0 - target)
        slope = least / u + 1.0
        fall = least * least / slope  # -dS/dh
        if any_hopeless:
            fall[hopeless] = 0.0
        rest = np.exp(nothing - h)
        total = rest + (share - fall * off).sum(axis=1, keepdims=True) - 1.0
        move = total / (rest + fall.sum(axis=1, keepdims=True) + 1e-300)
        change = (off + (np.where(hopeless, 0.0, move) if any_hopeless else move)) / slope
        u, h = np.maximum(u - change, 0.1 * u), np.maximum(h + move, nothing)
        done = (np.abs(change) <= 1e-9 * u).all(axis=1) & (np.abs(move[:, 0]) <= 1e-9)
        if done.all():
            break
    return u, h, steps, done


def _apart(y: Array, nothing: Array, start: Array, high: Array) -> tuple[Array, Array, int]:
    """Solve for ``h`` in a bracket, with the odds solved at each: slow, and sure."""
    return _search(lambda h, rows: _odds(y[rows] - h), nothing, start, high)


def _search(
    odds: Callable[[Array, Array], tuple[Array, Array]], nothing: Array, start: Array, high: Array
) -> tuple[Array, Array, int]:
    def excess(h: Array, rows: Array) -> tuple[Array, Array]:
        u, fall = odds(h[:, None], rows)
        rest = np.exp(nothing[rows, 0] - h)
        total = rest + (u / (1.0 + u)).sum(axis=1)
        return np.log(total), -(rest + fall.sum(axis=1)) / total

    h, steps = falling_root(excess, nothing[:, 0], high[:, 0], start[:, 0])
    u, _ = odds(h[:, None], np.arange(len(h)))
    return u, h[:, None], steps


def _log_sums(values: Array, owner: Array, firms: int) -> Array:
    order = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[order], np.arange(firms))
    top = np.maximum.reduceat(values[:, order], first, axis=1)
    return np.asarray(top + np.log(sum_by(np.exp(values - top[:, owner]), owner, firms)))


def _odds(y: Array) -> tuple[Array, Array]:
    """Return the odds ``u`` of ``S = e^y e^(-1/(1-S))`` and ``dS/dy``.

    Newton's method on ``ln u - ln(1 + u) + u = y - 1``, which is increasing and concave in ``u``:
    from the second step on it approaches from the left and needs no safeguard.
    """
    target = np.maximum(y, LEAST) - 1.0
    u = np.where(target > 0.5, target, np.exp(np.minimum(target, 0.5)))
    for _ in range(60):
        slope = 1.0 / u - 1.0 / (1.0 + u) + 1.0
        move = (np.log(u) - np.log1p(u) + u - target) / slope
        u = np.maximum(u - move, 0.1 * u)
        if np.all(np.abs(move) <= 1e-9 * u):
            break
    return u, u / ((1.0 + u) * (1.0 + u + u * u))


def _finish(
    m: Markets, u: Array, share: Array, outside: Array, log_h: Array, steps: int, check: bool
) -> Equilibrium:
    markup = (1.0 + u) / m.alpha  # (T, F)
    each = markup[:, m.owner]
    price = m.cost + each
    multiplier = np.zeros_like(price)
    if m.capacity is not None:
        # A product at its limit is priced so that exactly the limit is bought.
        full = (m.delta - np.log(m.capacity / m.market) - log_h) / m.alpha
        multiplier = np.maximum(full - price, 0.0)
        price, each = price + multiplier, each + multiplier
    others = _all_but_own(m.by_firm(share), outside)
    # 1/(alpha (1 - S_f)) is the markup over cost and multiplier.
    error = np.abs(m.alpha * others * markup - 1.0)
    profit = m.market * share * each  # of a large price the difference to cost has no digits left
    firm_profit = m.by_firm(profit)
    gain = gain_logit(m, each, share, outside) if check else None
    return Equilibrium(
        price=m.out(price),
        share=m.out(share),
        profit=m.out(profit),
        outside=m.out(outside[:, 0]),
        firms=m.firms,
        firm_profit=m.out(firm_profit),
        multiplier=m.out(multiplier),
        residual=m.out(error.max(axis=1)),
        gain=None if gain is None else m.out(gain),
        iterations=steps,
    )


def shares(utility: Array, log_outside: Array) -> tuple[Array, Array]:
    """Return logit shares ``(T, J)`` and the share of everything else ``(T, 1)``.

    Args:
        utility: ``(T, J)``.
        log_outside: ``(T, 1)``.
    """
    top = np.maximum(utility.max(axis=1, keepdims=True), log_outside)
    weight, rest = np.exp(utility - top), np.exp(log_outside - top)
    total = rest + weight.sum(axis=1, keepdims=True)
    return weight / total, rest / total


def _all_but_own(firm: Array, outside: Array) -> Array:
    """Return ``1 - S_f`` as the sum of everything else, so that a share near 1 loses no digits."""
    padded = np.concatenate([outside, firm], axis=1)
    before = np.cumsum(padded, axis=1)[:, :-1]
    after = np.cumsum(firm[:, ::-1], axis=1)[:, ::-1]
    after = np.concatenate([after[:, 1:], np.zeros_like(outside)], axis=1)
    return np.asarray(before + after)


def best_replies(
    delta: Any,
    cost: Any,
    alpha: Any,
    log_outside: Any = 0.0,
    *,
    market: float = 1.0,
) -> BestReplies:
    """Return one firm's best prices for all its products while rivals keep theirs.

    ``markup = (1 + W)/alpha`` with ``W = W0(sum e^(delta - alpha c) / (e A))``, ``S = W/(1 + W)``,
    profit ``M W/alpha``; ``A`` is everything else a buyer may choose.

    Args:
        delta: utility at a price of 0 of the firm's products, ``(J,)`` or ``(T, J)``.
        cost: USD/1k, a figure or the shape of ``delta``.
        alpha: per USD/1k, a figure or ``(T,)``.
        log_outside: ``ln A = ln(1 + sum e^v)`` over the rivals, a figure or ``(T,)``.
        market: M, thousand requests a month.

    Raises:
        UndercutError: figures out of range or shapes that do not fit; all are listed.
    """
    m = markets(delta, cost, alpha, None, None, market, log_outside)
    log_t = np.logaddexp.reduce(m.delta - m.alpha * m.cost, axis=1, keepdims=True)
    w = wrightomega(np.maximum(log_t - m.outside - 1.0, LEAST))
    markup = (1.0 + w) / m.alpha
    price = m.cost + markup
    share, _ = shares(m.delta - m.alpha * price, m.outside)
    return BestReplies(
        markup=m.out(markup[:, 0]),
        price=m.out(price),
        share=m.out(share),
        profit=m.out((m.market * w / m.alpha)[:, 0]),
        w=m.out(w[:, 0]),
    )
