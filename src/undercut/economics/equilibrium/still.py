"""Prices where some products keep theirs: with nests of like products, and with capacity.

Each product that moves takes its best reply, one after another, until none changes: prices are
strategic complements, so replies climb or fall to where nobody moves. A product that would be
asked for beyond its capacity is priced as if its cost were ``c + lambda``; one that keeps its price
and is full is taken at the price at which exactly its capacity is bought, as if buyers paid the
rest by waiting.

Nested logit as in :mod:`undercut.economics.equilibrium.nested`; one product a firm. The markup of a
product solves ``alpha m (rho (1 - s_g) + (1 - rho)(1 - s)) = 1 - rho`` (Berry 1994, RAND J. of
Economics 25(2)), whose left side rises in ``m``: one root.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logsumexp

from undercut.core.errors import fail
from undercut.economics.arrays import Arrays
from undercut.economics.equilibrium.gain import FACTORS
from undercut.economics.equilibrium.inputs import markets
from undercut.economics.equilibrium.nested import HIGHEST_RHO
from undercut.economics.equilibrium.records import Equilibrium

ROUNDS = 5000
CLOSE = 1e-13
FAR = 1e15


@dataclass(frozen=True)
class Residual:
    """What the others leave a product: its demand while their prices stand.

    Attributes:
        delta: its utility at a price of 0.
        alpha: per USD/1k.
        rho: likeness within its nest.
        near: ``ln sum e^(v/(1 - rho))`` of the others in its nest; minus infinity alone.
        far: ``ln`` of the weight of everything outside its nest.
    """

    delta: float
    alpha: float
    rho: float
    near: float
    far: float

    def rest(self, price: float) -> tuple[float, float, float]:
        """Return ``1 - s_g``, ``1 - s`` and ``ln s`` at a price."""
        y = (self.delta - self.alpha * price) / (1.0 - self.rho)
        total = float(np.logaddexp(y, self.near))
        others = float(expit(self.near - y))
        elsewhere = float(expit(self.far - (1.0 - self.rho) * total))
        within = float(expit(y - self.near))
        log_nest = -float(np.logaddexp(0.0, self.far - (1.0 - self.rho) * total))
        return others, others + within * elsewhere, y - total + log_nest

    def share(self, price: float) -> float:
        """Return the share of the market bought at a price."""
        return float(np.exp(self.rest(price)[2]))

    def markup(self, price: float) -> float:
        """Return the markup that the first-order condition asks for at a price."""
        others, unsold, _ = self.rest(price)
        weight = self.rho * others + (1.0 - self.rho) * unsold
        return (1.0 - self.rho) / (self.alpha * max(weight, 1e-300))

    def best(self, cost: float) -> float:
        """Return the price that earns most at a unit cost."""

        def short(x: float) -> float:
            others, unsold, _ = self.rest(cost + x / self.alpha)
            return x * (self.rho * others + (1.0 - self.rho) * unsold) - (1.0 - self.rho)

        low = 1.0 - self.rho
        high = 2.0 * low
        while short(high) < 0 and high < FAR:
            low, high = high, 2.0 * high
        return cost + float(brentq(short, low, high, xtol=1e-15, rtol=1e-14)) / self.alpha

    def price_at(self, share: float) -> float:
        """Return the price at which a share, below 1, is bought."""
        wanted = float(np.log(share))

        def over(x: float) -> float:
            return self.rest(x / self.alpha)[2] - wanted

        middle, step = self.delta - max(self.near * (1.0 - self.rho), self.far), 1.0
        low = high = middle
        while over(low) < 0:
            low, step = low - step, 2.0 * step
        step = 1.0
        while over(high) > 0:
            high, step = high + step, 2.0 * step
        return float(brentq(over, low, high, xtol=1e-14, rtol=1e-14)) / self.alpha


def residual(
    j: int, delta: Any, alpha: float, price: Any, nest: Sequence[Hashable], rho: Any, outside: float
) -> Residual:
    """Return the demand that product ``j`` is left while the others keep their prices.

    Args:
        j: which product.
        delta: utility at a price of 0, ``(J,)``.
        alpha: per USD/1k.
        price: of every product, USD/1k, ``(J,)``; its own is not read.
        nest: of each product.
        rho: likeness within each product's nest, ``(J,)``.
        outside: ``ln`` of the weight of everything else.
    """
    nests: dict[Hashable, list[float]] = {}
    for k, name in enumerate(nest):
        if k != j:
            scaled = (float(delta[k]) - alpha * float(price[k])) / (1.0 - float(rho[k]))
            nests.setdefault(name, []).append(scaled)
    weight = {name: _rho_of(name, nest, rho) for name in nests}
    near = float(logsumexp(nests.pop(nest[j]))) if nest[j] in nests else -np.inf
    far = [outside, *((1.0 - weight[n]) * float(logsumexp(v)) for n, v in nests.items())]
    return Residual(float(delta[j]), alpha, float(rho[j]), near, float(logsumexp(far)))


def _rho_of(name: Hashable, nest: Sequence[Hashable], rho: Any) -> float:
    return float(rho[list(nest).index(name)])


def nash_still(
    delta: Any,
    cost: Any,
    alpha: float,
    fixed: Sequence[float | None],
    nest: Sequence[Hashable] | None = None,
    rho: Any = 0.0,
    capacity: Sequence[float | None] | None = None,
    *,
    market: float = 1.0,
    log_outside: float = 0.0,
) -> Equilibrium:
    """Return the prices from which no product that moves gains by moving alone.

    Args:
        delta: utility at a price of 0, ``(J,)``.
        cost: USD/1k, ``(J,)``; of products that keep their price it only gives their profit.
        alpha: per USD/1k.
        fixed: the price of each product that keeps it, USD/1k; ``None`` where it moves.
        nest: nest of each product, ``(J,)``; ``None``: none is like another.
        rho: likeness within nests, 0 to 0.999: a figure, or one a product.
        capacity: thousand requests a month of each product; ``None``: no limit.
        market: M, thousand requests a month.
        log_outside: ``ln`` of the weight of everything else.

    Returns:
        ``price`` as asked; ``multiplier`` is what another thousand of capacity is worth, for a
        product that keeps its price what its buyers pay by waiting, USD/1k.

    Raises:
        UndercutError: figures out of range, shapes that do not fit, or replies that never settle.
    """
    m = markets(delta, cost, alpha, None, capacity, market, log_outside)
    products = m.delta.shape[1]
    read = Arrays()
    r = read.read("rho", rho, 0.0, HIGHEST_RHO, f"numbers from 0 to {HIGHEST_RHO}")
    asked = [read.not_negative("fixed", p) if p is not None else None for p in fixed]
    groups = list(range(products)) if nest is None else list(nest)
    read.expect(m.single, "one market", f"shape {m.delta.shape}", "delta")
    read.expect(r.size in (1, products), f"one figure, or {products}", f"shape {r.shape}", "rho")
    read.expect(len(asked) == products, f"{products} prices", str(len(asked)), "fixed")
    read.expect(len(groups) == products, f"{products} nests", str(len(groups)), "nest")
    read.done()
    d, c, a = m.delta[0], m.cost[0], float(m.alpha[0, 0])
    outside = float(m.outside[0, 0])
    likeness = np.broadcast_to(r.reshape(-1), (products,))
    limit = np.full(products, np.inf) if m.capacity is None else m.capacity[0] / m.market
    keeps = np.array([p is not None for p in asked])
    stated = np.array([0.0 if p is None else float(p) for p in asked])
    price = np.where(keeps, stated, c + 1.0 / a)
    moving = np.flatnonzero(~keeps | (limit < 1.0))

    def left(j: int) -> Residual:
        return residual(j, d, a, price, groups, likeness, outside)

    for rounds in range(1, ROUNDS + 1):  # noqa: B007
        before = price.copy()
        for j in moving:
            view = left(int(j))
            wanted = stated[j] if keeps[j] else view.best(float(c[j]))
            full = limit[j] < 1.0 and view.share(wanted) > limit[j]
            price[j] = view.price_at(float(limit[j])) if full else wanted
        if np.all(np.abs(price - before) <= CLOSE * np.maximum(np.abs(price), 1.0 / a)):
            break
    else:
        raise fail(
            "equilibrium-none",
            expected="best replies that settle",
            found=f"prices that still move after {ROUNDS} rounds",
            where="capacity",
        )
    views = [left(j) for j in range(products)]
    share = np.array(
        [min(v.share(float(p)), k) for v, p, k in zip(views, price, limit, strict=True)]
    )
    foc = np.array([v.markup(float(p)) for v, p in zip(views, price, strict=True)])
    bound = (limit < 1.0) & (share >= limit * (1.0 - 1e-9))
    worth = np.where(keeps, price - stated, np.where(bound, price - c - foc, 0.0))
    worth = np.where(worth > 1e-12 * np.maximum(price, 1.0 / a), worth, 0.0)
    error = np.where(keeps, 0.0, np.abs((price - c - worth) / foc - 1.0))
    paid = np.where(keeps, stated, price)
    profit = m.market * share * (paid - c)
    return Equilibrium(
        price=paid,
        share=share,
        profit=profit,
        outside=np.asarray(max(0.0, 1.0 - float(share.sum()))),
        firms=list(range(products)),
        firm_profit=profit,
        multiplier=worth,
        residual=np.asarray(error.max()),
        gain=np.asarray(max([0.0, *(
            _gain(views[j].share, float(price[j]), float(c[j]), float(limit[j]))
            for j in np.flatnonzero(~keeps)
        )])),
        iterations=rounds,
    )  # fmt: skip


def _gain(share: Callable[[float], float], price: float, cost: float, limit: float) -> float:
    """Return the largest relative gain of a product whose price alone moves along the grid."""
    markup = price - cost
    now = min(share(price), limit) * markup
    tried = [min(share(cost + f * markup), limit) * f * markup for f in FACTORS]
    return max(0.0, max(tried) / max(now, 1e-300) - 1.0)
