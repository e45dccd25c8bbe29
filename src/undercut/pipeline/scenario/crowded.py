"""Demand where products are like one another (nests) or cannot be sold beyond a limit (capacity).

A product without a nest is like no other. A rival that keeps its price and is full is taken at the
price at which exactly its capacity is bought.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from scipy.optimize import brentq

from undercut.economics.demand import log_outside
from undercut.economics.equilibrium.records import Equilibrium
from undercut.economics.equilibrium.still import nash_still, residual
from undercut.economics.money import count
from undercut.economics.records import Demand
from undercut.pipeline.scenario.buying import Buying
from undercut.pipeline.scenario.facts import Pricing
from undercut.pipeline.scenario.inputs import Inputs

CAPACITY = "own.capacity_1k_per_month"


def crowded(i: Inputs) -> bool:
    """Whether nests or a capacity decide anything."""
    return bool(i.nests) or CAPACITY in i.items or any(
        r.capacity_1k_per_month is not None for r in i.rivals
    )  # fmt: skip


def answer_all(
    i: Inputs, delta: Sequence[float], cost: Sequence[float], alpha: float,
    fixed: Sequence[float | None], rivals: Sequence[int],
) -> Equilibrium:  # fmt: skip
    """Return the prices of us and some of the rivals, by number, with nests and capacity."""
    rows = [i.rivals[k] for k in rivals]
    names = [i.nest, *(r.nest for r in rows)]
    return nash_still(
        delta, cost, alpha, fixed,
        nest=[name or k for k, name in enumerate(names)],
        rho=[i[f"nest.{name}.rho"] if name else 0.0 for name in names],
        capacity=[i.get(CAPACITY), *(r.capacity_1k_per_month for r in rows)],
        market=i["buyers.market_1k_per_month"],
    )  # fmt: skip


def crowded_buying(i: Inputs, cost: float, alpha: float, own: float, deltas: list[float]) -> Buying:
    """Return the demand for our product against rivals that keep their prices.

    Args:
        i: what went in.
        cost: our unit cost, USD/1k.
        alpha: per USD/1k.
        own: our utility at a price of 0.
        deltas: the rivals'.
    """
    market, k = i["buyers.market_1k_per_month"], i.get(CAPACITY)
    prices = [r.usd_per_1k for r in i.rivals]
    everyone = range(len(prices))
    found = answer_all(i, [own, *deltas], [cost, *prices], alpha, [None, *prices], everyone)
    best, worth = float(found.price[0]), float(found.multiplier[0])
    waiting = [float(w) for w in found.multiplier[1:]]
    theirs = [d - alpha * w for d, w in zip(deltas, waiting, strict=True)]
    names = [i.nest, *(r.nest for r in i.rivals)]
    view = residual(
        0, [own, *theirs], alpha, [best, *prices], [n or j for j, n in enumerate(names)],
        [i[f"nest.{n}.rho"] if n else 0.0 for n in names], 0.0,
    )  # fmt: skip
    if not i.nests:
        around = log_outside([d - alpha * p for d, p in zip(theirs, prices, strict=True)])
        demand = Demand(alpha=alpha, delta=own, log_outside=around, market_1k_per_month=market)
        return Buying("logit", demand, best, _capped(view.share, k, market), theirs,
                      capacity=k, worth=worth, uncapped=view.share)  # fmt: skip
    # The logit with the same price, share and elasticity: floors and the war are worked out there.
    s = min(max(view.share(best), 1e-12), 1 - 1e-9)
    near = 1.0 / (view.markup(best) * (1.0 - s))
    ratio = near / alpha
    outside = [ratio * (d - alpha * p) for d, p in zip(theirs, prices, strict=True)]
    around = log_outside(outside)
    demand = Demand(alpha=near, delta=math.log(s / (1 - s)) + around + near * best,
                    log_outside=around, market_1k_per_month=market)  # fmt: skip
    return Buying("nested logit", demand, best, _capped(view.share, k, market),
                  [ratio * d for d in theirs], capacity=k, worth=worth,
                  uncapped=view.share)  # fmt: skip


def limited(b: Buying, i: Inputs, cost: float, capacity_1k: float) -> Buying:
    """Return a demand of any kind with a limit to what we can sell."""
    market_1k = i["buyers.market_1k_per_month"]
    k = capacity_1k / market_1k
    share = b.share
    capped = _capped(share, capacity_1k, market_1k)
    if k >= 1 or share(b.best) <= k:
        return Buying(b.kind, b.logit, b.best, capped, b.deltas, capacity=capacity_1k,
                      uncapped=share)  # fmt: skip
    best = price_at(share, k, b.best)
    fall = -_slope(share, best)
    alpha = fall / (1.0 - k)
    ratio = alpha / b.logit.alpha
    theirs = [ratio * d for d in b.deltas]
    rivals = i.rivals if theirs else []
    around = log_outside([d - alpha * r.usd_per_1k for d, r in zip(theirs, rivals, strict=True)])
    demand = Demand(alpha=alpha, delta=math.log(k / (1 - k)) + around + alpha * best,
                    log_outside=around, market_1k_per_month=market_1k)  # fmt: skip
    return Buying(b.kind, demand, best, capped, theirs, capacity=capacity_1k,
                  worth=max(best - cost - 1.0 / fall, 0.0), uncapped=share)  # fmt: skip


def crowd_notes(i: Inputs, p: Pricing) -> list[str]:
    """Say what capacity and nests do to the answer."""
    said = []
    if p.capacity_1k_per_month is not None:
        most = count(1000 * p.capacity_1k_per_month)
        if p.capacity_worth_usd_per_1k > 0:
            worth = p.scale.price(p.capacity_worth_usd_per_1k)
            said.append(f"You can sell {most} requests a month and would sell more: the price is "
                        f"the one at which just that is bought, and more capacity is worth {worth} "
                        "to you.")  # fmt: skip
        else:
            said.append(f"Your capacity of {most} requests a month does not bind at this price.")
        if "entrant.cost_usd_per_1k" in i.items:
            said.append("What is said of the entrant leaves your capacity out of account.")
    members = [i.nest, *(r.nest for r in i.rivals)]
    said += [
        f"The nest '{name}' holds one product: it changes nothing." for name in i.nests
        if members.count(name) == 1
    ]  # fmt: skip
    return said


def price_at(share: Callable[[float], float], k: float, above: float) -> float:
    """Return the price, from ``above`` on, at which a share ``k`` is bought."""
    high = 2.0 * above
    while share(high) > k:
        high *= 2.0
    return float(brentq(lambda p: share(p) - k, above, high, xtol=1e-15 * high, rtol=1e-14))


def _slope(share: Callable[[float], float], price: float) -> float:
    """Return ``d ln s/dp`` by central differences of two steps (Richardson)."""
    h = 1e-3 * price
    while share(price + h) < 0.5 * share(price):  # a line ends at its choke price
        h *= 0.25

    def central(step: float) -> float:
        return math.log(share(price + step) / share(price - step)) / (2.0 * step)

    return (4.0 * central(0.5 * h) - central(h)) / 3.0


def _capped(
    share: Callable[[float], float], capacity_1k: float | None, market_1k: float
) -> Callable[[float], float]:
    if capacity_1k is None:
        return share
    k = capacity_1k / market_1k
    return lambda p: min(share(p), k)
