"""Bertrand-Nash prices with segments of buyers that differ in tastes (mixed logit).

The zeta iteration of Morrow and Skerlos (2011, Operations Research 59(2), 328-345, section 3):
``p <- c + Lambda^-1 [s + (O o Gamma) (p - c)]`` with ``Lambda = diag(sum_r w alpha s)`` and
``Gamma_jk = sum_r w alpha s_j s_k``. It converges where simpler iterations do not; what it leaves
unsolved is handed to a Newton-like solver. With segments profit may have several peaks, and an
equilibrium in pure prices need not exist: the gain on a grid says whether one was found.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.economics.arrays import Array, Arrays, codes
from undercut.economics.checks import positive
from undercut.economics.equilibrium.gain import FACTORS, LEAST, along_the_grid
from undercut.economics.equilibrium.inputs import sum_by
from undercut.economics.equilibrium.iterate import solve
from undercut.economics.equilibrium.records import Equilibrium


@dataclass(frozen=True)
class _Segments:
    """T markets, R segments, J products.

    ``delta`` is ``(T, R, J)``, ``cost`` ``(T, J)``, ``alpha`` and ``weight`` ``(R, 1)``.
    """

    delta: Array
    cost: Array
    alpha: Array
    weight: Array
    outside: Array  # (R, 1)
    owner: Array
    firms: list[Hashable]
    member: Array  # (J, F)
    market: float
    single: bool


def nash_mixed(
    delta: Any,
    cost: Any,
    alpha: Any,
    weight: Any,
    owner: Sequence[Hashable] | None = None,
    *,
    market: float = 1.0,
    log_outside: Any = 0.0,
    check: bool = True,
) -> Equilibrium:
    """Return the prices from which no firm gains by moving alone, with R segments of buyers.

    Args:
        delta: utility at a price of 0: ``(J,)`` alike in all segments, ``(R, J)`` by segment, or
            ``(T, R, J)`` (``(T, 1, J)``) for T markets at once.
        cost: USD/1k, a figure, ``(J,)`` or ``(T, J)``.
        alpha: price sensitivity of each segment per USD/1k, ``(R,)``.
        weight: size of each segment, ``(R,)``; they add up to 1.
        owner: firm of each product, ``(J,)``; ``None``: each product is a firm of its own.
        market: M, thousand requests a month.
        log_outside: utility of buying none of these, a figure or ``(R,)``.
        check: measure the unilateral gain on a grid of markups too.

    Raises:
        UndercutError: figures out of range, shapes that do not fit, or no equilibrium was found.
    """
    m = _read(delta, cost, alpha, weight, owner, market, log_outside)
    mean_alpha = float((m.weight * m.alpha).sum())

    def step(markup: Array, rows: Array) -> Array:
        return zeta(markup, _shares(m, m.cost[rows] + markup, rows), rows)

    def zeta(markup: Array, s: Array, rows: Array) -> Array:
        """Return ``Lambda^-1 [s + (O o Gamma) markup]``, ``(k, J)``, of shares ``(k, R, J)``."""
        own = s @ (markup[:, :, None] * m.member)  # (k, R, F)
        # sum_r w s_rj (1 + alpha own_rf) for every product and firm; then each product's own firm.
        by_firm = s.transpose(0, 2, 1) @ (m.weight * (1.0 + m.alpha * own))  # (k, J, F)
        up = by_firm[:, np.arange(len(m.owner)), m.owner]
        down = (m.weight * m.alpha)[:, 0] @ s
        if down.min() > 1e-280:
            return np.asarray(up / down)
        return _step_in_logs(m, markup, rows, own)

    start = np.full(m.cost.shape, 1.0 / mean_alpha)
    markup, steps = solve(step, start, 1.0 / float(m.alpha.min()))
    rows = np.arange(len(markup))
    price = m.cost + markup
    s = _shares(m, price, rows)
    share = (m.weight * s).sum(axis=1)
    profit = m.market * share * markup
    error = np.abs(zeta(markup, s, rows) - markup) / markup
    gain = _gain(m, markup, s) if check else None
    firm_profit = sum_by(profit, m.owner, len(m.firms))

    def out(values: Array) -> Array:
        return values[0] if m.single else values

    return Equilibrium(
        price=out(price),
        share=out(share),
        profit=out(profit),
        outside=out(np.maximum(1.0 - share.sum(axis=1), 0.0)),
        firms=m.firms,
        firm_profit=out(firm_profit),
        multiplier=out(np.zeros_like(price)),
        residual=out(error.max(axis=1)),
        gain=None if gain is None else out(gain),
        iterations=steps,
    )


def _read(
    delta: Any, cost: Any, alpha: Any, weight: Any, owner: Any, market: Any, log_outside: Any
) -> _Segments:
    read = Arrays()
    d, c = read.number("delta", delta), read.not_negative("cost", cost)
    a, w = read.positive("alpha", alpha), read.probability("weight", weight)
    o = read.number("log_outside", log_outside)
    read.problems.append(positive("market", market))
    read.expect(1 <= d.ndim <= 3, "one, two or three axes", f"shape {d.shape}", "delta")
    read.expect(a.ndim <= 1, "one figure a segment", f"shape {a.shape}", "alpha")
    read.expect(w.shape == a.shape, f"{a.size} weights", f"shape {w.shape}", "weight")
    read.expect(
        o.size in (1, a.size), f"one figure, or {a.size}", f"shape {o.shape}", "log_outside"
    )
    total = float(w.sum())
    read.expect(abs(total - 1.0) < 1e-9, "weights that add up to 1", f"{total:g}", "weight")
    read.done()
    products, segments = d.shape[-1], a.size
    names = list(range(products)) if owner is None else list(owner)
    read.expect(len(names) == products, f"{products} owners", str(len(names)), "owner")
    if d.ndim >= 2:
        fits = d.shape[-2] in (1, segments)
        read.expect(fits, f"{segments} segments", f"shape {d.shape}", "delta")
    count = max(d.shape[0] if d.ndim == 3 else 1, c.shape[0] if c.ndim == 2 else 1)
    fits = c.ndim <= 2 and (c.ndim == 0 or c.shape[-1] in (1, products))
    fits = fits and (c.ndim < 2 or c.shape[0] in (1, count))
    fits = fits and (d.ndim < 3 or d.shape[0] in (1, count))
    read.expect(fits, f"a shape that fits {(count, products)}", f"{c.shape}", "cost")
    read.done()
    owners, firms = codes(names)
    member = np.zeros((products, len(firms)))
    member[np.arange(products), owners] = 1.0
    kept = w.reshape(-1) > 0  # a segment of nobody decides nothing
    by_segment = np.broadcast_to(d, (count, segments, products))[:, kept]
    return _Segments(
        delta=by_segment,
        cost=np.array(np.broadcast_to(c, (count, products))),
        alpha=a.reshape(-1, 1)[kept],
        weight=w.reshape(-1, 1)[kept],
        outside=np.broadcast_to(o.reshape(-1, 1), (segments, 1))[kept],
        owner=owners,
        firms=firms,
        member=member,
        market=float(market),
        single=d.ndim < 3 and c.ndim < 2,
    )


def _shares(m: _Segments, price: Array, rows: Array) -> Array:
    """Return shares within each segment, ``(k, R, J)``."""
    v = m.alpha * price[:, None, :]
    np.subtract(m.delta if len(rows) == len(m.delta) else m.delta[rows], v, out=v)
    top = np.maximum(v.max(axis=2, keepdims=True), m.outside)
    v -= top
    np.exp(v, out=v)
    v /= v.sum(axis=2, keepdims=True) + np.exp(m.outside - top)
    return v


def _step_in_logs(m: _Segments, markup: Array, rows: Array, own: Array) -> Array:
    """Do the step where shares underflow: a hopeless product is priced for whom it loses least."""
    v = m.delta[rows] - m.alpha * (m.cost[rows] + markup)[:, None, :]
    top = np.maximum(v.max(axis=2, keepdims=True), m.outside)
    total = np.exp(v - top).sum(axis=2, keepdims=True) + np.exp(m.outside - top)
    log_pull = v - top - np.log(total) + np.log(m.weight * m.alpha)
    pull = np.exp(log_pull - log_pull.max(axis=1, keepdims=True))
    each = 1.0 / m.alpha + own[:, :, m.owner]
    return np.asarray((pull * each).sum(axis=1) / pull.sum(axis=1))


def _gain(m: _Segments, markup: Array, s: Array) -> Array:
    """Return the largest relative gain of a firm that moves one price alone, ``(T,)``.

    A buyer of segment r who does not buy product j earns j's firm ``o_rj`` with its others; at a
    price at which he buys j with chance ``x_rj`` it earns
    ``sum_r w_r (x_rj m_j + (1 - x_rj) o_rj)``.
    """
    weight, everyone = m.weight[:, 0], np.ones(len(m.weight))
    sale = s * markup[:, None, :]
    own = (sale @ m.member)[:, :, m.owner]  # (T, R, J): what the product's firm earns
    rest = np.maximum(1.0 - s, LEAST)
    others = m.weight * (own - sale) / rest
    bought = np.empty((len(FACTORS), *markup.shape))  # (G, T, J)
    lost = np.empty_like(bought)
    x = np.empty_like(s)
    odds_now = rest / np.maximum(s, LEAST)
    with np.errstate(over="ignore", under="ignore"):
        for g, odds in enumerate(along_the_grid(odds_now, m.alpha * markup[:, None, :])):
            np.add(odds, 1.0, out=x)
            np.divide(1.0, x, out=x)
            np.matmul(weight, x, out=bought[g])
            np.multiply(x, others, out=x)
            np.matmul(everyone, x, out=lost[g])
    profit = bought * (FACTORS[:, None, None] * markup) - lost + others.sum(axis=1)
    with np.errstate(over="ignore"):  # a firm that earns next to nothing can gain without bound
        relative = np.minimum(profit / np.maximum(weight @ own, LEAST), 1.0 / LEAST) - 1.0
    return np.asarray(np.maximum(relative.max(axis=(0, 2)), 0.0))
