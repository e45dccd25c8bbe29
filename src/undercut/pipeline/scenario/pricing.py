"""The price side of a scenario: demand, best price, floors, parity, replies, box against API."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from undercut.economics.breakeven import break_even, compare
from undercut.economics.demand import (
    alpha_from_elasticity,
    best_reply,
    constant_elasticity_price,
    generalised_price,
    linear_price,
    log_outside,
    share_at,
    utility,
)
from undercut.economics.equilibrium.logit import nash_logit
from undercut.economics.equilibrium.mixed import nash_mixed
from undercut.economics.floors import floors
from undercut.economics.records import Demand, Own
from undercut.economics.scenario.whole import Scenario
from undercut.economics.unit_cost import SECONDS_PER_MONTH
from undercut.pipeline.scenario.buying import Buying
from undercut.pipeline.scenario.crowded import (
    CAPACITY,
    answer_all,
    crowded,
    crowded_buying,
    limited,
    price_at,
)
from undercut.pipeline.scenario.facts import (
    Box,
    OtherAlpha,
    Parity,
    PricePoint,
    Pricing,
    Reply,
    UnitCost,
)
from undercut.pipeline.scenario.inputs import Inputs, RivalInput

GRID = 160
ALPHA = "buyers.alpha_per_usd_per_1k"


def errors_and_waiting(i: Inputs, accuracy: float, p95_ms: float) -> float:
    """Return what a buyer loses by errors and waiting, USD/1k."""
    wait = i["buyers.wait_usd_per_1k_per_ms"]
    return generalised_price(0.0, accuracy, i["buyers.error_usd"], p95_ms, wait)


def buying(i: Inputs, kind: str, cost: float) -> Buying:
    """Return the demand of a scenario at our unit cost.

    Raises:
        UndercutError: a figure is out of range, or nobody buys above cost.
    """
    if kind == "logit" and not i.segments and crowded(i):
        alpha, value = _alpha(i), i["buyers.value_usd_per_1k"]
        own = errors_and_waiting(i, i["own.accuracy"], i["own.p95_ms"])
        return crowded_buying(i, cost, alpha, utility(alpha, value, own), _rivals(i, alpha)[0])
    found = _segments(i, cost) if kind == "logit" and i.segments else _free(i, kind, cost)
    capacity = i.get(CAPACITY)
    if capacity is None:
        return found
    return limited(found, i, cost, capacity)


def _free(i: Inputs, kind: str, cost: float) -> Buying:
    """Return a demand without segments, nests or capacity."""
    market = i["buyers.market_1k_per_month"]
    if kind == "logit":
        alpha, value = _alpha(i), i["buyers.value_usd_per_1k"]
        deltas, outside = _rivals(i, alpha)
        own = errors_and_waiting(i, i["own.accuracy"], i["own.p95_ms"])
        demand = Demand(alpha=alpha, delta=utility(alpha, value, own), log_outside=outside,
                        market_1k_per_month=market)  # fmt: skip
        best = best_reply(demand, cost).price_usd_per_1k
        return Buying("logit", demand, best, lambda p: share_at(demand, p), deltas)
    if kind == "linear":
        choke = i["buyers.choke_usd_per_1k"]
        best = linear_price(choke, cost)

        def share(p: float) -> float:
            return max(0.0, 1.0 - p / choke)

        eta = best / (choke - best)
    else:
        eta, at = abs(i["buyers.elasticity"]), i["buyers.elasticity_at_usd_per_1k"]
        best = constant_elasticity_price(cost, eta)
        seen = i["buyers.elasticity_share"]

        def share(p: float) -> float:
            return min(1.0 - 1e-9, math.exp(min(math.log(seen) - eta * math.log(p / at), 0.0)))

    s = min(max(share(best), 1e-12), 1 - 1e-9)
    alpha = alpha_from_elasticity(eta, best, s)
    demand = Demand(alpha=alpha, delta=math.log(s / (1 - s)) + alpha * best,
                    market_1k_per_month=market)  # fmt: skip
    return Buying(kind, demand, best, share, [])


def _rivals(i: Inputs, alpha: float) -> tuple[list[float], float]:
    """Return each rival's utility at a price of 0, and ``ln`` of the weight of all of them."""
    value = i["buyers.value_usd_per_1k"]
    deltas = [utility(alpha, value, errors_and_waiting(i, r.accuracy, r.p95_ms)) for r in i.rivals]
    return deltas, log_outside(
        [d - alpha * r.usd_per_1k for d, r in zip(deltas, i.rivals, strict=True)]
    )


def _segments(i: Inputs, cost: float) -> Buying:
    """Return mixed logit: each segment its own alpha; the logit with the same price and share.

    At the best price ``(p - c) = 1/(alpha (1 - s))`` holds for a plain logit, which gives the alpha
    under which floors and the war are worked out.
    """
    weights = [i[f"segment.{name}.weight"] for name in i.segments]
    alphas = [i[f"segment.{name}.alpha_per_usd_per_1k"] for name in i.segments]
    own = errors_and_waiting(i, i["own.accuracy"], i["own.p95_ms"])
    deltas = [utility(a, i["buyers.value_usd_per_1k"], own) for a in alphas]
    outside = [_rivals(i, a)[1] for a in alphas]
    market = i["buyers.market_1k_per_month"]
    found = nash_mixed(
        [[d] for d in deltas], [cost], alphas, weights, market=market, log_outside=outside
    )
    best = float(found.price[0])

    def share(p: float) -> float:
        parts = zip(weights, deltas, alphas, outside, strict=True)
        return float(sum(w * expit(d - a * p - o) for w, d, a, o in parts))

    s = min(max(share(best), 1e-12), 1 - 1e-9)
    alpha = 1.0 / ((best - cost) * (1.0 - s))
    theirs, around = _rivals(i, alpha)
    demand = Demand(alpha=alpha, delta=math.log(s / (1 - s)) + around + alpha * best,
                    log_outside=around, market_1k_per_month=market)  # fmt: skip
    return Buying("mixed logit", demand, best, share, theirs)


def _alpha(i: Inputs) -> float:
    given = i.get("buyers.alpha_per_usd_per_1k")
    if given is not None:
        return given
    return alpha_from_elasticity(
        i["buyers.elasticity"], i["buyers.elasticity_at_usd_per_1k"], i["buyers.elasticity_share"]
    )


def profit_at(i: Inputs, u: UnitCost, b: Buying, price: float) -> float:
    """Return USD a month at a price, after fixed costs and payment fees, before capital."""
    kept = 1.0 - i["own.payment_fee_share"]
    sold = i["buyers.market_1k_per_month"] * b.share(price)
    return sold * kept * (price - u.variable_usd_per_1k) - u.fixed_usd_per_month


def pricing(i: Inputs, scenario: Scenario, u: UnitCost, b: Buying) -> Pricing:
    """Return best price, floors, grid, parity and replies.

    Raises:
        UndercutError: a figure is out of range.
    """
    kept = 1.0 - i["own.payment_fee_share"]
    # Fees take the same part of price and margin, so a market smaller by it earns the same money.
    money_market = b.logit.model_copy(
        update={"market_1k_per_month": b.logit.market_1k_per_month * kept}
    )
    found = floors(
        variable_usd_per_1k=u.variable_usd_per_1k,
        fixed_usd_per_month=u.fixed_usd_per_month,
        capital_usd=u.capital_usd,
        life_months=i["company.life_months"],
        demand=money_market,
        cash_usd=i["company.cash_usd"],
        horizon_months=i["company.horizon_months"],
        capacity_1k_per_month=None if b.capacity is None else b.capacity * kept,
    )
    full = found.full_cost_usd_per_1k
    share = b.share(b.best)
    return Pricing(
        demand=b.kind,
        alpha_per_usd_per_1k=b.logit.alpha,
        best_usd_per_1k=b.best,
        share=share,
        requests_per_month=1000 * share * i["buyers.market_1k_per_month"],
        profit_usd_per_month=profit_at(i, u, b, b.best),
        floors=found,
        viable=full is None or full <= b.best,
        grid=_grid(i, u, b, found.full_cost_usd_per_1k),
        parity=[parity(i, r) for r in i.rivals],
        reply=_reply(i, scenario, u, b),
        other_alphas=_other_alphas(i, scenario, u),
        capacity_1k_per_month=b.capacity,
        capacity_worth_usd_per_1k=b.worth * kept,
        sold_out_usd_per_1k=_sold_out(b),
    )


def _sold_out(b: Buying) -> float | None:
    """Return the price below which more is asked for than we can sell."""
    if b.capacity is None or b.uncapped is None:
        return None
    k = b.capacity / b.logit.market_1k_per_month
    least = 1e-9 * b.best
    return price_at(b.uncapped, k, least) if k < b.uncapped(least) else None


def _other_alphas(i: Inputs, scenario: Scenario, u: UnitCost) -> list[OtherAlpha]:
    """Return the best price at both ends of what alpha may be."""
    known = i.items.get(ALPHA)
    if known is None or scenario.buyers.demand != "logit":
        return []
    low = 0.5 * known.value if known.low is None else known.low
    high = 2.0 * known.value if known.high is None else known.high
    return [
        OtherAlpha(
            alpha_per_usd_per_1k=alpha,
            best_usd_per_1k=buying(i.with_value(ALPHA, alpha), "logit", u.variable_usd_per_1k).best,
        )
        for alpha in (low, high)
    ]


def parity(i: Inputs, r: RivalInput) -> Parity:
    """Return the price at which a buyer does not care which of the two it is."""
    theirs = r.usd_per_1k + errors_and_waiting(i, r.accuracy, r.p95_ms)
    ours = errors_and_waiting(i, i["own.accuracy"], i["own.p95_ms"])
    return Parity(rival=r.name, rival_usd_per_1k=r.usd_per_1k, parity_usd_per_1k=theirs - ours)


def _grid(i: Inputs, u: UnitCost, b: Buying, full: float | None) -> list[PricePoint]:
    """Return profit over the prices that matter: from below the floors to well past the best."""
    marks = [b.best, *(r.usd_per_1k for r in i.rivals)]
    low = 0.5 * min([*marks, max(u.variable_usd_per_1k, 0.02 * b.best)])
    high = 1.6 * max(b.best, u.variable_usd_per_1k, min(full or 0.0, 4 * b.best))
    prices = np.geomspace(low, high, GRID) if high > 12 * low else np.linspace(low, high, GRID)
    return [
        PricePoint(usd_per_1k=p, share=b.share(p), profit_usd_per_month=profit_at(i, u, b, p))
        for p in map(float, prices)
    ]


def _reply(i: Inputs, scenario: Scenario, u: UnitCost, b: Buying) -> Reply | None:
    """Return prices once the rivals that reprice have answered; the others stand still."""
    if scenario.buyers.demand != "logit" or not any(r.reprices for r in i.rivals):
        return None
    alpha = b.logit.alpha
    if crowded(i):
        return _crowded_reply(i, u, b)
    pairs = list(zip(i.rivals, b.deltas, strict=True))
    answer = [(r, d) for r, d in pairs if r.reprices and r.cost_usd_per_1k is not None]
    still = log_outside([d - alpha * r.usd_per_1k for r, d in pairs if not r.reprices])
    found = nash_logit(
        [b.logit.delta, *(d for _, d in answer)],
        [u.variable_usd_per_1k, *(r.cost_usd_per_1k for r, _ in answer)],
        alpha,
        owner=["you", *(r.name for r, _ in answer)],
        market=b.logit.market_1k_per_month,
        log_outside=still,
    )
    return Reply(
        names=["you", *(r.name for r, _ in answer)],
        usd_per_1k=[float(p) for p in found.price],
        share=[float(s) for s in found.share],
        residual=found.worst_residual,
        gain=found.worst_gain,
    )


def _crowded_reply(i: Inputs, u: UnitCost, b: Buying) -> Reply:
    """Return the same with nests and capacity."""
    alpha = _alpha(i) if ALPHA in i.items or "buyers.elasticity" in i.items else b.logit.alpha
    own = errors_and_waiting(i, i["own.accuracy"], i["own.p95_ms"])
    delta = utility(alpha, i["buyers.value_usd_per_1k"], own)
    moves = [r.reprices and r.cost_usd_per_1k is not None for r in i.rivals]
    found = answer_all(
        i,
        [delta, *_rivals(i, alpha)[0]],
        [u.variable_usd_per_1k, *(r.usd_per_1k if r.cost_usd_per_1k is None else r.cost_usd_per_1k
                                  for r in i.rivals)],
        alpha,
        [None, *(None if m else r.usd_per_1k for m, r in zip(moves, i.rivals, strict=True))],
        range(len(moves)),
    )  # fmt: skip
    shown = [0, *(k for k, m in enumerate(moves, 1) if m)]
    names = ["you", *(r.name for r in i.rivals)]
    return Reply(
        names=[names[k] for k in shown],
        usd_per_1k=[float(found.price[k]) for k in shown],
        share=[float(found.share[k]) for k in shown],
        residual=found.worst_residual,
        gain=found.worst_gain,
    )


def box(i: Inputs, u: UnitCost) -> Box:
    """Set own machines against the rival that costs least once its errors are counted."""
    error = 1000 * i["buyers.error_usd"]
    ours = i["own.accuracy"]
    best = min(i.rivals, key=lambda r: r.usd_per_1k + error * (1 - r.accuracy))
    even = best.usd_per_1k + error * (ours - best.accuracy)
    volume = i["company.requests_per_month"]
    own = Own(
        machine_usd_per_month=u.machine_usd_per_month,
        capacity_per_month=u.knee_per_second * SECONDS_PER_MONTH / i["company.peak_factor"],
        variable_usd_per_1k=i["own.other_usd_per_1k"],
    )
    bills = compare(own, best.usd_per_1k, volume, 1.0)
    fair = compare(own, even, volume, 1.0) if even > 1e-12 else None
    return Box(
        rival=best.name,
        api_usd_per_1k=best.usd_per_1k,
        api_even_usd_per_1k=even,
        money=bills,
        even=fair,
        break_even=break_even(own, max(even, 1e-12), 1.0),
        cheaper=fair.cheaper if fair is not None else "api",
    )
