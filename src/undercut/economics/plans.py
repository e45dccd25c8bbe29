"""What a price list earns on a distribution of usage, and which customers lose money.

Each customer takes the plan that costs him least for what he uses, among those he may have. Usage
is real rows from the meter, or drawn from a lognormal distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from undercut.core.errors import Problem, fail
from undercut.core.types import Record
from undercut.economics.arrays import Array, Arrays
from undercut.economics.checks import (
    between,
    collect,
    not_negative,
    positive,
    probability,
    share,
    whole,
)
from undercut.economics.scalars import of_scalars

MOST = 10_000_000


class Plan(Record):
    """One line of a price list."""

    name: str
    usd_per_month: float = Field(0.0, description="paid whatever is used")
    included_1k: float = Field(
        0.0, description="thousand requests a month without a further charge"
    )
    overage_usd_per_1k: float | None = Field(
        None, description="each thousand beyond; None: the plan ends at what is included"
    )
    trial: bool = Field(False, description="free and for a time: its users pay once they convert")


class Customers(Record):
    """How customers come, stay and pay."""

    signups_per_month: float = Field(description="new users a month")
    conversion: float = Field(1.0, description="share of them that comes to pay")
    churn_per_month: float = Field(description="share of paying customers lost a month, above 0")
    trial_months: float = Field(0.0, description="length of the free trial")
    trial_usage: float = Field(1.0, description="usage in the trial over that of a paying month")


class Costs(Record):
    """What a customer costs."""

    variable_usd_per_1k: float = Field(description="of inference")
    usd_per_customer_month: float = Field(0.0, description="support and the like")
    fee_share: float = Field(0.0, description="payment fee, share of the bill")
    fee_usd: float = Field(0.0, description="payment fee, each bill")
    fixed_usd_per_month: float = 0.0


class PlanResult(Record):
    """One plan, at the steady state."""

    name: str
    customers: float = Field(description="paying customers once as many come as leave")
    share_of_customers: float
    revenue_usd_per_month: float
    cost_usd_per_month: float = Field(description="inference, support and fees")
    margin_usd_per_month: float
    margin: float | None = Field(description="share of revenue; None without revenue")
    requests_1k_per_month: float
    losing: float = Field(description="share of its customers that cost more than they pay")
    loss_usd_per_month: float = Field(description="what those lose together, as a positive sum")
    loses_from_1k: float | None = Field(
        description="smallest usage seen that loses money, thousand requests a month"
    )
    loses_to_1k: float | None = Field(description="largest usage seen that loses money")


class PlansResult(Record):
    """A price list on a distribution of usage, at the steady state."""

    plans: list[PlanResult]
    unserved: float = Field(description="share of customers no plan can hold")
    paying_customers: float
    revenue_usd_per_month: float
    trial_cost_usd_per_month: float
    variable_cost_usd_per_month: float = Field(description="of paying customers, fees included")
    fixed_usd_per_month: float
    profit_usd_per_month: float
    gross_margin: float | None = Field(description="after inference, fees and trials")
    revenue_per_customer_usd: float | None = Field(description="ARPA; None without customers")
    losing: float = Field(description="share of paying customers that lose money")
    usage: str = Field(description="rows | lognormal")


@of_scalars
def lognormal_usage(median_1k: float, spread: float, customers: int = 10_000) -> Array:
    """Return thousand requests a month of ``customers``, evenly spaced quantiles of a lognormal.

    Quantiles, not draws: the same figures every time, and no chance in the result. The top of
    the distribution is cut at the last quantile, so the mean is slightly below the formula's.

    Args:
        median_1k: usage of the customer in the middle.
        spread: standard deviation of the logarithm; 1 to 2 is usual for the use of APIs.
        customers: how many.

    Raises:
        UndercutError: a figure is out of range; all are listed.
    """
    collect(
        positive("median_1k", median_1k),
        between("spread", spread, 0.0, 10.0),
        whole("customers", customers, 1, MOST),
    )
    levels = (np.arange(customers) + 0.5) / customers
    return np.asarray(median_1k * np.exp(spread * ndtri(levels)))


@of_scalars
def bills(plan: Plan, usage_1k: Any) -> Array:
    """Return what each customer would pay on a plan, USD a month; infinity beyond its end.

    Raises:
        UndercutError: a figure is out of range; all are listed.
    """
    read = Arrays()
    usage = read.not_negative("usage_1k", usage_1k)
    read.problems.extend(_plan("plan", plan))
    read.expect(usage.ndim <= 1, "one row of usage", f"shape {usage.shape}", "usage_1k")
    read.done()
    beyond = np.maximum(usage - plan.included_1k, 0.0)
    if plan.overage_usd_per_1k is None:
        return np.where(beyond > 0, np.inf, plan.usd_per_month)
    return np.asarray(plan.usd_per_month + beyond * plan.overage_usd_per_1k)


@of_scalars
def price_list(
    plans: Sequence[Plan],
    usage_1k: Any,
    customers: Customers,
    costs: Costs,
    usage_is: str = "rows",
) -> PlansResult:
    """Return revenue, margin and losing customers of a price list at the steady state.

    Paying customers settle at ``signups * conversion / churn``. Every sign-up costs its trial,
    converted or not. Plans marked ``trial`` take no paying customer.

    Args:
        plans: the list; at least one that is not a trial.
        usage_1k: thousand requests a month of each customer, ``(n,)``.
        customers: how they come, convert and leave.
        costs: what they cost.
        usage_is: where the usage is from, ``rows`` or ``lognormal``; shown in the result.

    Raises:
        UndercutError: figures out of range, or no plan to pay for; all are listed.
    """
    read = Arrays()
    usage = np.atleast_1d(read.not_negative("usage_1k", usage_1k))
    read.expect(usage.ndim == 1, "one row of usage", f"shape {usage.shape}", "usage_1k")
    for i, plan in enumerate(plans):
        read.problems.extend(_plan(f"plans[{i}]", plan))
    names = [p.name for p in plans]
    read.expect(len(set(names)) == len(names), "different names", ", ".join(names), "plans")
    read.problems += [
        not_negative("signups_per_month", customers.signups_per_month),
        probability("conversion", customers.conversion),
        share("churn_per_month", customers.churn_per_month),
        not_negative("trial_months", customers.trial_months),
        not_negative("trial_usage", customers.trial_usage),
        not_negative("variable_usd_per_1k", costs.variable_usd_per_1k),
        not_negative("usd_per_customer_month", costs.usd_per_customer_month),
        probability("fee_share", costs.fee_share),
        not_negative("fee_usd", costs.fee_usd),
        not_negative("fixed_usd_per_month", costs.fixed_usd_per_month),
    ]
    read.done()
    paid = [p for p in plans if not p.trial]
    if not paid:
        raise fail(
            "plans-none", expected="a plan that is paid for", found="only trials", where="plans"
        )
    bill = np.stack([bills(p, usage) for p in paid])  # (P, n)
    chosen = bill.argmin(axis=0)
    pays = bill[chosen, np.arange(len(usage))]
    served = np.isfinite(pays)
    pays = np.where(served, pays, 0.0)
    cost = costs.variable_usd_per_1k * usage + costs.usd_per_customer_month
    cost = cost + np.where(pays > 0, costs.fee_share * pays + costs.fee_usd, 0.0)
    margin = np.where(served, pays - cost, 0.0)
    settled = customers.signups_per_month * customers.conversion / customers.churn_per_month
    each = settled / len(usage)  # real customers behind one row of usage
    rows = [
        _result(plan, served & (chosen == i), usage, pays, margin, each)
        for i, plan in enumerate(paid)
    ]
    trial = customers.signups_per_month * customers.trial_months
    trial *= customers.trial_usage * float(usage.mean()) * costs.variable_usd_per_1k
    revenue = sum(r.revenue_usd_per_month for r in rows)
    variable = sum(r.cost_usd_per_month for r in rows)
    holding = sum(r.customers for r in rows)
    losing = sum(r.losing * r.customers for r in rows)
    gross = revenue - variable - trial
    return PlansResult(
        plans=rows,
        unserved=float(1.0 - served.mean()),
        paying_customers=holding,
        revenue_usd_per_month=revenue,
        trial_cost_usd_per_month=trial,
        variable_cost_usd_per_month=variable,
        fixed_usd_per_month=costs.fixed_usd_per_month,
        profit_usd_per_month=gross - costs.fixed_usd_per_month,
        gross_margin=_of_revenue(gross, revenue),
        revenue_per_customer_usd=revenue / holding if holding > 0 else None,
        losing=losing / holding if holding > 0 else 0.0,
        usage=usage_is,
    )


def _of_revenue(part: float, revenue_usd: float) -> float | None:
    """A share of revenue; None below a micro-dollar a month, the least that is ever charged."""
    return part / revenue_usd if revenue_usd >= 1e-6 else None


def _result(
    plan: Plan, mine: Array, usage: Array, pays: Array, margin: Array, each: float
) -> PlanResult:
    count, lost = int(mine.sum()), mine & (margin < 0)
    revenue, kept = float(pays[mine].sum()) * each, float(margin[mine].sum()) * each
    return PlanResult(
        name=plan.name,
        customers=count * each,
        share_of_customers=count / len(usage),
        revenue_usd_per_month=revenue,
        cost_usd_per_month=revenue - kept,
        margin_usd_per_month=kept,
        margin=_of_revenue(kept, revenue),
        requests_1k_per_month=float(usage[mine].sum()) * each,
        losing=float(lost.sum()) / count if count else 0.0,
        loss_usd_per_month=float(np.abs(margin[lost]).sum()) * each,
        loses_from_1k=float(usage[lost].min()) if lost.any() else None,
        loses_to_1k=float(usage[lost].max()) if lost.any() else None,
    )


def _plan(at: str, plan: Plan) -> list[Problem | None]:
    found = [
        not_negative(f"{at}.usd_per_month", plan.usd_per_month),
        not_negative(f"{at}.included_1k", plan.included_1k),
    ]
    if plan.overage_usd_per_1k is not None:
        found.append(not_negative(f"{at}.overage_usd_per_1k", plan.overage_usd_per_1k))
    return found
