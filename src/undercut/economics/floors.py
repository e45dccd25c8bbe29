"""Three floors under a price: shutdown, full cost, and the band in which the cash lasts."""

from __future__ import annotations

from collections.abc import Callable

from scipy.optimize import brentq
from scipy.special import expit

from undercut.economics import money
from undercut.economics.checks import collect, not_negative, positive
from undercut.economics.demand import best_reply
from undercut.economics.records import BestReply, Demand, Floors
from undercut.economics.scalars import of_scalars


@of_scalars
def cash_band(
    demand: Demand,
    variable_usd_per_1k: float,
    fixed_usd_per_month: float,
    cash_usd: float,
    horizon_months: float,
    capacity_1k_per_month: float | None = None,
) -> tuple[float, float | None] | None:
    """Return the prices at which ``cash - T (F - profit(p)) >= 0``.

    A capacity limits what a month sells. Solved in ``x = alpha (p - v)``, where profit is
    ``M/alpha * x * expit(u - x)`` with one maximum, at ``x = 1 + W``.

    Returns:
        ``(low, high)`` in USD/1k, not below 0; ``high`` is ``None`` when any higher price also
        outlasts the horizon; ``None`` when no price does.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    best = best_reply(demand, variable_usd_per_1k)
    capped = best_reply(demand, variable_usd_per_1k, capacity_1k_per_month)
    collect(
        not_negative("fixed_usd_per_month", fixed_usd_per_month),
        not_negative("cash_usd", cash_usd),
        positive("horizon_months", horizon_months),
    )
    scale = demand.alpha / demand.market_1k_per_month
    need = (fixed_usd_per_month - cash_usd / horizon_months) * scale
    u = demand.delta - demand.alpha * variable_usd_per_1k - demand.log_outside
    top = 1.0 + best.w

    def excess(x: float) -> float:
        return x * float(expit(u - x)) - need

    if excess(top) < 0:
        return None
    if capacity_1k_per_month is not None and capped.gross_profit_usd_per_month * scale < need:
        return None
    low = 0.0 if need == 0 else _root(excess, 0.0 if need > 0 else None, top)
    high = None
    if need > 0:
        far = top + 1.0
        while excess(far) > 0:
            far *= 2.0
        high = variable_usd_per_1k + _root(excess, top, far) / demand.alpha
    lowest = variable_usd_per_1k + low / demand.alpha
    if capacity_1k_per_month is not None:
        # Sold out, a month earns K (p - v): less than without the limit above cost, and below it
        # less is lost. Where that point is not sold out, the limit does not count there.
        full = variable_usd_per_1k + need / (scale * capacity_1k_per_month)
        share = float(expit(demand.delta - demand.alpha * full - demand.log_outside))
        if share * demand.market_1k_per_month >= capacity_1k_per_month:
            lowest = full
    return max(0.0, lowest), high


def _root(excess: Callable[[float], float], left: float | None, right: float) -> float:
    if left is None:
        left = -1.0
        while excess(left) > 0:
            left *= 2.0
    if excess(right) == 0:
        return right
    return float(brentq(excess, left, right, xtol=1e-15, rtol=1e-14, maxiter=1000))


@of_scalars
def floors(
    variable_usd_per_1k: float | None = None,
    fixed_usd_per_month: float | None = None,
    capital_usd: float | None = None,
    life_months: float | None = None,
    requests_per_month: float | None = None,
    demand: Demand | None = None,
    cash_usd: float | None = None,
    horizon_months: float | None = None,
    capacity_1k_per_month: float | None = None,
) -> Floors:
    """Return the floors that the inputs allow, and what the others still need.

    Args:
        variable_usd_per_1k: average variable cost ``v``; the shutdown price.
        fixed_usd_per_month: recurring cost ``F`` that volume does not move.
        capital_usd: one-off cost ``K`` (training, labels, people).
        life_months: months over which it is written off.
        requests_per_month: own volume; the full cost is taken there unless demand is given.
        demand: assumed demand; with it the full cost is taken at the best price's volume.
        cash_usd: cash at hand.
        horizon_months: ``T``, the months it has to last.
        capacity_1k_per_month: most that can be sold, thousand requests a month.

    Raises:
        UndercutError: a given input is not a number in its range; all are listed.
    """
    given = {
        "variable_usd_per_1k": (not_negative, variable_usd_per_1k),
        "fixed_usd_per_month": (not_negative, fixed_usd_per_month),
        "capital_usd": (not_negative, capital_usd),
        "life_months": (positive, life_months),
        "requests_per_month": (positive, requests_per_month),
        "cash_usd": (not_negative, cash_usd),
        "horizon_months": (positive, horizon_months),
        "capacity_1k_per_month": (positive, capacity_1k_per_month),
    }
    collect(*(check(name, value) for name, (check, value) in given.items() if value is not None))
    values: dict[str, object] = {name: value for name, (_, value) in given.items()}
    values["demand"] = demand

    missing: dict[str, list[str]] = {}

    def lacks(floor: str, *names: str) -> bool:
        absent = [n for n in names if values[n] is None]
        if absent:
            missing[floor] = absent
        return bool(absent)

    v = variable_usd_per_1k
    lacks("shutdown", "variable_usd_per_1k")
    best = None
    if not lacks("best price", "variable_usd_per_1k", "demand"):
        assert demand is not None and v is not None
        best = best_reply(demand, v, capacity_1k_per_month)

    needs = ["variable_usd_per_1k", "fixed_usd_per_month", "capital_usd"]
    needs += [] if capital_usd == 0 else ["life_months"]
    needs += [] if demand is not None else ["requests_per_month"]
    full, basis = None, ""
    if not lacks("full cost", *needs):
        assert v is not None and fixed_usd_per_month is not None and capital_usd is not None
        monthly = fixed_usd_per_month + (capital_usd / life_months if life_months else 0.0)
        sold = best.requests_1k_per_month if best else (requests_per_month or 0.0) / 1000.0
        if sold > 0:
            full = v + monthly / sold
            at = "at the best price" if best else "at the stated volume"
            basis = f"{at}, {money.count(1000.0 * sold)} requests a month"
        else:
            missing["full cost"] = ["a volume above 0"]

    band: tuple[float, float | None] | None = None
    status, runway = "unknown", None
    cash_inputs = ["variable_usd_per_1k", "demand", "fixed_usd_per_month", "cash_usd"]
    if not lacks("cash band", *cash_inputs, "horizon_months"):
        assert demand is not None and v is not None and fixed_usd_per_month is not None
        assert cash_usd is not None and horizon_months is not None
        band = cash_band(
            demand, v, fixed_usd_per_month, cash_usd, horizon_months, capacity_1k_per_month
        )
        status = "no-price" if band is None else "band" if band[1] is not None else "no-upper-end"
    if not lacks("runway", *cash_inputs):
        assert best is not None and fixed_usd_per_month is not None and cash_usd is not None
        burn = fixed_usd_per_month - best.gross_profit_usd_per_month
        runway = cash_usd / burn if burn > 0 else None
    return Floors(
        shutdown_usd_per_1k=v,
        full_cost_usd_per_1k=full,
        full_cost_basis=basis,
        cash_low_usd_per_1k=band[0] if band else None,
        cash_high_usd_per_1k=band[1] if band else None,
        cash_status=status,
        best=best,
        runway_months=runway,
        missing=missing,
        verdict=_verdict(v, full, best, runway, status),
    )


def _verdict(
    v: float | None,
    full: float | None,
    best: BestReply | None,
    runway: float | None,
    status: str,
) -> str:
    unit = money.money_per_request_scale
    if v is None:
        return "Floors unknown: the variable cost of a request is missing."
    below = f"below {unit(v)} every call loses cash"
    if best is None:
        if full is None:
            return f"{below[0].upper()}{below[1:]}."
        return f"Full cost is {unit(full)}; {below}."
    price = best.price_usd_per_1k
    lasts = f" At the best price the cash lasts {money.months(runway)}." if runway else ""
    if full is not None and full > price:
        return (
            f"The full cost exceeds the best price: {unit(full)} against {unit(price)}. "
            f"No price makes this viable in the long run.{lasts}"
        )
    if status == "no-price":
        return f"No price keeps the cash above zero for the time asked.{lasts}"
    charge = f"The best price is {unit(price)} under the assumed demand"
    cover = "" if full is None else f", above the full cost of {unit(full)}"
    return f"{charge}{cover}; {below}.{lasts}"
