"""Is the money well spent: flows, what a customer is worth, the price list, what decides."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from undercut.core.errors import Problem, UndercutError, fail
from undercut.economics import money, sensitivity
from undercut.economics.breakeven import break_even_volume
from undercut.economics.investment import customer_value, invest, monthly_rate
from undercut.economics.plans import Costs, Customers, Plan, lognormal_usage, price_list
from undercut.economics.scenario.whole import Scenario
from undercut.economics.sensitivity import Factor
from undercut.pipeline.saturation import LoadTest
from undercut.pipeline.scenario.cost import unit_cost
from undercut.pipeline.scenario.facts import (
    Bar,
    InvestFacts,
    PlansFacts,
    Pricing,
    Tornado,
    UnitCost,
    WarFacts,
)
from undercut.pipeline.scenario.inputs import Inputs
from undercut.pipeline.scenario.pricing import buying, profit_at

USAGE_COLUMN = "requests_per_month"
LABELS = {
    "buyers.alpha_per_usd_per_1k": "price sensitivity (alpha)",
    "buyers.elasticity": "price elasticity",
    "buyers.value_usd_per_1k": "worth of 1,000 right answers, USD",
    "buyers.error_usd": "cost of an error, USD",
    "buyers.market_1k_per_month": "size of the market, thousand a month",
    "buyers.choke_usd_per_1k": "price at which nobody buys, USD per 1,000",
    "buyers.wait_usd_per_1k_per_ms": "cost of waiting",
    "future.release_price_ratio": "rivals' price after a release",
    "future.releases_per_year": "rivals' releases a year",
    "future.own_cost_ratio_per_year": "fall of own cost a year",
    "company.fixed_usd_per_month": "fixed costs a month, USD",
    "company.peak_factor": "peak over mean",
    "own.accuracy": "own accuracy",
    "own.usd_per_core_hour": "price of a core-hour, USD",
}
ALWAYS = (
    "buyers.alpha_per_usd_per_1k", "buyers.elasticity", "buyers.error_usd",
    "future.release_price_ratio",
)  # fmt: skip
"""Moved even where the scenario gives no range: by half and by double."""
MOST = 10
SOBOL_POINTS = 256


def invested(i: Inputs, p: Pricing, u: UnitCost, w: WarFacts) -> InvestFacts:
    """Return what the model is worth: its cost now against the mean profit of the futures."""
    rate = monthly_rate(i["company.discount_per_year"])
    flows = [-u.capital_usd, *w.mean_profit_usd_per_month]
    found = invest(flows, rate)
    customer = None
    paid, churn = i.get("invest.customer_usd_per_month"), i.get("invest.churn_per_month")
    if paid is not None and churn is not None:
        used = i.get("invest.requests_1k_per_customer") or 0.0
        margin = 1.0 - (used * u.long_run_usd_per_1k) / paid - i["own.payment_fee_share"]
        customer = customer_value(paid, margin, churn, rate, i.get("invest.acquisition_usd"))
    even = None
    if p.best_usd_per_1k is not None:
        even = break_even_volume(u.fixed_usd_per_month, p.best_usd_per_1k, u.variable_usd_per_1k)
    return InvestFacts(
        flows_usd=flows,
        discount_per_year=i["company.discount_per_year"],
        result=found,
        customer=customer,
        break_even_requests_per_month=even,
        verdict=_worth(found.npv_usd, u.capital_usd, len(flows) - 1, found.payback_months),
    )


def _worth(npv: float, capital: float, months: int, payback: float | None) -> str:
    put = money.usd(capital)
    if npv < 0:
        back = "never comes back"
        if payback is not None:
            back = f"comes back after {payback:.1f} months, too late for what money costs you"
        return (
            f"Not worth it: {put} put in {back}; over {months} months it falls short by "
            f"{money.usd(-npv)}."
        )
    when = "at once" if not payback else f"after {payback:.1f} months"
    return (
        f"Worth it: {put} put in comes back {when}, and {money.usd(npv)} of value is left after "
        f"{months} months."
    )


def tornado(i: Inputs, scenario: Scenario, test: LoadTest | None, shares: bool = False) -> Tornado:
    """Return how far each assumption moves the profit a month, half-way through the horizon.

    Args:
        i: what went in.
        scenario: its kind of demand.
        test: the load test behind the knee.
        shares: also share the variance out among the assumptions (Sobol indices).
    """

    def result(values: Mapping[str, np.ndarray], k: int) -> float:
        inputs = i
        for key, column in values.items():
            inputs = inputs.with_value(key, float(column[k]))
        return half_way(inputs, scenario, test)

    def model(values: Mapping[str, np.ndarray]) -> np.ndarray:
        rows = len(next(iter(values.values())))
        return np.array([result(values, k) for k in range(rows)])

    base = half_way(i, scenario, test)
    factors = [f for f in _factors(i) if _answers(i, f, scenario, test)]
    if not factors:
        return Tornado(base=base, bars=[])
    found = sensitivity.tornado(model, factors)
    bars = [
        Bar(key=b.name, label=_label(b.name), low=b.low, high=b.high, at_low=b.at_low,
            at_high=b.at_high)
        for b in found.bars
        if b.swing > 0
    ]  # fmt: skip
    parts = {}
    if shares:
        spread = sensitivity.sobol(model, factors, points=SOBOL_POINTS)
        parts = {_label(s.name): s.total for s in spread.indices}
    return Tornado(base=base, bars=bars[:MOST], sobol=parts)


def _answers(i: Inputs, f: Factor, scenario: Scenario, test: LoadTest | None) -> bool:
    """Whether the scenario has an answer at both ends; where it has none, nothing can be drawn."""
    try:
        for end in (f.low, f.high):
            half_way(i.with_value(f.name, end), scenario, test)
    except UndercutError:
        return False
    return True


def half_way(i: Inputs, scenario: Scenario, test: LoadTest | None) -> float:
    """Return the profit a month at the best price in the middle of the horizon.

    Rivals' prices and our cost are taken where their mean decline has brought them by then.
    """
    years = i["company.horizon_months"] / 24.0
    log_ratio = np.log(i["future.release_price_ratio"]) * i["future.releases_per_year"]
    fallen = float(np.exp(log_ratio * years))
    rivals = [
        r.model_copy(update={"usd_per_1k": max(r.usd_per_1k * fallen, 1e-9)}) for r in i.rivals
    ]
    hour = i["own.usd_per_core_hour"] * i["future.own_cost_ratio_per_year"] ** years
    then = i.model_copy(update={"rivals": rivals}).with_value("own.usd_per_core_hour", hour)
    u = unit_cost(then, test)
    b = buying(then, scenario.buyers.demand, u.variable_usd_per_1k)
    return profit_at(then, u, b, b.best)


def _factors(i: Inputs) -> list[Factor]:
    """Return what is moved: numbers with a range, and the decisive ones by half and by double."""
    found = []
    for one in i.items.values():
        low, high = one.low, one.high
        if (low is None or high is None) and one.key in ALWAYS and one.assumed:
            low, high = sorted((0.5 * one.value, 2.0 * one.value))
        if low is not None and high is not None and low < high:
            found.append(Factor(name=one.key, low=low, high=high, base=one.value))
    return found


def _label(key: str) -> str:
    if key.startswith("rival."):
        _, name, what = key.split(".")[0], ".".join(key.split(".")[1:-1]), key.split(".")[-1]
        return f"{what.split('_')[0]} of {name}"
    return LABELS.get(key, key.partition(".")[2].replace("_", " "))


def plans(
    i: Inputs, scenario: Scenario, u: UnitCost, usage: tuple[str, np.ndarray] | None
) -> PlansFacts:
    """Return what the price list earns.

    Args:
        i: what went in.
        scenario: the price list.
        u: unit cost.
        usage: where real usage is from, and requests a month of each customer, ``(n,)``; ``None``
            takes the distribution of the scenario.

    Raises:
        UndercutError: no plans or usage in the scenario.
    """
    if not scenario.plan or scenario.usage is None:
        lacking = "[[plan]] tables" if not scenario.plan else "a [usage] table"
        raise fail(
            "scenario-plans", expected=f"{lacking} in the scenario", found="none",
            fix="undercut market --new shows them.",
        )  # fmt: skip
    rows = [
        Plan(
            name=p.name, usd_per_month=p.usd_per_month.value or 0.0,
            included_1k=p.included_1k.value or 0.0,
            overage_usd_per_1k=p.overage_usd_per_1k.value if p.overage_usd_per_1k else None,
            trial=p.trial,
        )
        for p in scenario.plan
    ]  # fmt: skip
    used = (
        usage[1] / 1000
        if usage
        else lognormal_usage(i["usage.median_1k_per_month"], i["usage.spread"])
    )
    found = price_list(
        rows,
        used,
        Customers(
            signups_per_month=i["usage.signups_per_month"],
            conversion=i["usage.conversion"],
            churn_per_month=i["usage.churn_per_month"],
            trial_months=i["usage.trial_months"],
            trial_usage=i["usage.trial_usage"],
        ),
        Costs(
            variable_usd_per_1k=u.long_run_usd_per_1k,
            usd_per_customer_month=i["usage.support_usd_per_customer"],
            fee_share=i["own.payment_fee_share"],
            fee_usd=i["usage.fee_usd_per_bill"],
            fixed_usd_per_month=u.fixed_usd_per_month,
        ),
        "rows" if usage else "lognormal",
    )
    profit = found.profit_usd_per_month
    said = (
        f"The price list loses {money.usd(-profit)} a month"
        if profit < 0
        else f"The price list earns {money.usd(profit)} a month"
    )
    losing = ""
    if found.losing > 0:
        worst = max(found.plans, key=lambda r: r.loss_usd_per_month)
        losing = f"; {money.percent(found.losing)} of customers cost more than they pay, most of "
        losing += f"it on {worst.name}"
    where = usage[0] if usage else "a lognormal distribution, assumed"
    return PlansFacts(
        result=found,
        usage=where,
        assumed=usage is None,
        verdict=f"{said} once as many customers come as leave{losing}.",
    )


def read_usage(path: Path) -> np.ndarray:
    """Return requests a month, one a customer, of a CSV file with that column.

    Raises:
        UndercutError: no such file or column, or cells that are no numbers of at least 0.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise fail(
            "usage-file", expected="a CSV file in UTF-8", found=str(e), where=str(path)
        ) from None
    header = [cell.strip() for cell in rows[0]] if rows else []
    if USAGE_COLUMN not in header:
        raise fail(
            "usage-file", expected=f"a column {USAGE_COLUMN}",
            found=", ".join(header) or "none", where=str(path),
        )  # fmt: skip
    at = header.index(USAGE_COLUMN)
    values, problems = [], []
    for line, row in enumerate(rows[1:], 2):
        cell = row[at] if at < len(row) else ""
        try:
            value = float(cell)
        except ValueError:
            value = float("nan")
        if row and not 0 <= value < 1e15:
            problems.append(Problem("a number of at least 0", repr(cell), f"{path}:{line}"))
        elif row:
            values.append(value)
    if problems:
        raise UndercutError("usage-file", problems[:20])
    if not values:
        raise fail("usage-file", expected="at least one customer", found="none", where=str(path))
    return np.asarray(values)
