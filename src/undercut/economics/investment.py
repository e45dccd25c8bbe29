"""Is it worth it: present value, rate of return, payback, and what a customer is worth.

Flows are USD at the ends of months 0, 1, 2, ...; month 0 is now. Source of the definitions:
Brealey, Myers and Allen, *Principles of Corporate Finance*, chapters 2 and 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field
from scipy.optimize import brentq

from undercut.core.errors import fail
from undercut.core.types import Record
from undercut.economics.arrays import Array, Arrays
from undercut.economics.checks import between, collect, not_negative, positive, share
from undercut.economics.scalars import of_scalars

HIGHEST_RATE = 1e6
LONGEST = 1200


class Investment(Record):
    """What a stream of monthly flows is worth."""

    npv_usd: float = Field(description="net present value at the rate asked for")
    rate_per_month: float
    irr_per_month: float | None = Field(
        description="rate at which the present value is 0; None: there is none, or several"
    )
    irr_note: str = Field("", description="why there is no single rate, in words")
    payback_months: float | None = Field(description="None: the money does not come back")
    discounted_payback_months: float | None
    roi: float | None = Field(description="undiscounted gain over what was put in; None: nothing")
    invested_usd: float = Field(description="sum of the flows before the first positive one")


class CustomerValue(Record):
    """What a customer is worth over the time he stays."""

    ltv_usd: float = Field(description="margin of a month over churn")
    discounted_ltv_usd: float
    ltv_over_cac: float | None = Field(None, description="None: no acquisition cost given")
    discounted_ltv_over_cac: float | None = None
    cac_payback_months: float | None = Field(
        None, description="months of margin, churn counted; None: not given, or never"
    )
    mean_life_months: float


@of_scalars
def monthly_rate(rate_per_year: float) -> float:
    """Return ``(1 + R)**(1/12) - 1``.

    Raises:
        UndercutError: the rate is not above -1.
    """
    collect(between("rate_per_year", rate_per_year, -0.99, HIGHEST_RATE))
    return float(np.expm1(np.log1p(rate_per_year) / 12.0))


@of_scalars
def npv(rate_per_month: float, flows_usd: Sequence[float] | Array) -> float:
    """Return ``sum_t flow_t / (1 + r)**t`` with ``t`` from 0, USD.

    Raises:
        UndercutError: the rate is not above -1, or a flow is not a finite number.
    """
    flows = _flows(flows_usd)
    _rate(rate_per_month)
    return _value(float(rate_per_month), flows)


@of_scalars
def irr(flows_usd: Sequence[float] | Array) -> float:
    """Return the monthly rate at which the present value is 0.

    Raises:
        UndercutError: the flows never change sign, or several rates fit.
    """
    found, note = _irr(_flows(flows_usd))
    if found is None:
        raise fail(
            "irr-none",
            expected="flows with a single internal rate of return",
            found=note,
            where="flows_usd",
            fix="Judge by the net present value at your own rate instead.",
        )
    return found


@of_scalars
def payback_months(flows_usd: Sequence[float] | Array, rate_per_month: float = 0.0) -> float | None:
    """Return when the discounted flows have added up to 0 for good, within the month by a line.

    With a rate of 0 this is the plain payback. ``None`` when they never do; 0.0 when they never
    fall below 0.

    Raises:
        UndercutError: the rate is not above -1, or a flow is not a finite number.
    """
    flows = _flows(flows_usd)
    _rate(rate_per_month)
    total = np.cumsum(_discounted(float(rate_per_month), flows))
    below = np.flatnonzero(total < 0)
    if not len(below):
        return 0.0
    last = int(below[-1])
    if last == len(flows) - 1:
        return None
    step = total[last + 1] - total[last]
    return float(last - total[last] / step)


@of_scalars
def roi(flows_usd: Sequence[float] | Array) -> float | None:
    """Return undiscounted gain over money put in: the sum of the flows over the first outlays.

    Money put in is the sum of the flows before the first positive one. ``None`` without any.

    Raises:
        UndercutError: a flow is not a finite number.
    """
    flows = _flows(flows_usd)
    put_in = _invested(flows)
    return float(flows.sum() / put_in) if put_in > 0 else None


@of_scalars
def invest(flows_usd: Sequence[float] | Array, rate_per_month: float) -> Investment:
    """Return all the measures of one stream of flows.

    Raises:
        UndercutError: the rate is not above -1, or a flow is not a finite number.
    """
    flows = _flows(flows_usd)
    _rate(rate_per_month)
    found, note = _irr(flows)
    return Investment(
        npv_usd=_value(float(rate_per_month), flows),
        rate_per_month=float(rate_per_month),
        irr_per_month=found,
        irr_note=note,
        payback_months=payback_months(flows),
        discounted_payback_months=payback_months(flows, rate_per_month),
        roi=roi(flows),
        invested_usd=_invested(flows),
    )


@of_scalars
def customer_value(
    revenue_usd_per_month: float,
    margin: float,
    churn_per_month: float,
    rate_per_month: float = 0.0,
    cac_usd: float | None = None,
) -> CustomerValue:
    """Return lifetime value, undiscounted ``A m / churn`` and discounted.

    The first margin comes at once and each later one from those who stayed, so with churn ``c``
    and rate ``d`` the discounted value is ``A m (1 + d)/(c + d)`` (Gupta and Lehmann 2003, Journal
    of Interactive Marketing 17(1)). Use the margin *after* the cost of inference.

    Args:
        revenue_usd_per_month: of one customer.
        margin: gross margin after inference, a share; below 0 the customer costs money.
        churn_per_month: share of customers lost a month, above 0.
        rate_per_month: discount rate.
        cac_usd: cost of winning a customer.

    Raises:
        UndercutError: a figure is out of range; all are listed.
    """
    collect(
        not_negative("revenue_usd_per_month", revenue_usd_per_month),
        between("margin", margin, -1e6, 1.0),
        share("churn_per_month", churn_per_month),
        not_negative("rate_per_month", rate_per_month),
        None if cac_usd is None else positive("cac_usd", cac_usd),
    )
    monthly = revenue_usd_per_month * margin
    plain = monthly / churn_per_month
    later = monthly * (1.0 + rate_per_month) / (churn_per_month + rate_per_month)
    back = None
    if cac_usd is not None and plain > cac_usd:
        # Margin of those still there adds up to the cost after n months.
        kept = 1.0 - churn_per_month
        gone = cac_usd / plain
        back = float(np.log1p(-gone) / np.log(kept)) if kept > 0 else 1.0
    return CustomerValue(
        ltv_usd=plain,
        discounted_ltv_usd=later,
        ltv_over_cac=None if cac_usd is None else plain / cac_usd,
        discounted_ltv_over_cac=None if cac_usd is None else later / cac_usd,
        cac_payback_months=back,
        mean_life_months=1.0 / churn_per_month,
    )


def _flows(flows_usd: Any) -> Array:
    read = Arrays()
    flows = read.number("flows_usd", flows_usd)
    read.expect(flows.ndim == 1, "a list of monthly flows", f"shape {flows.shape}", "flows_usd")
    read.expect(flows.size <= LONGEST, f"at most {LONGEST} months", str(flows.size), "flows_usd")
    read.done()
    return flows


def _rate(rate: Any) -> None:
    collect(between("rate_per_month", rate, -0.99, HIGHEST_RATE))


def _discounted(rate: float, flows: Array) -> Array:
    return np.asarray(flows * np.exp(np.clip(-np.log1p(rate) * np.arange(len(flows)), -700, 700)))


def _value(rate: float, flows: Array) -> float:
    return float(_discounted(rate, flows).sum())


def _invested(flows: Array) -> float:
    gains = np.flatnonzero(flows > 0)
    first = int(gains[0]) if len(gains) else len(flows)
    return float(-flows[:first].sum())


def _irr(flows: Array) -> tuple[float | None, str]:
    """Return the only rate, or ``None`` and why there is none."""
    signs = np.sign(flows[flows != 0])
    changes = int(np.count_nonzero(np.diff(signs)))
    if changes == 0:
        only = "no flow" if not len(signs) else "only outlays" if signs[0] < 0 else "only income"
        return None, f"{only}, so no rate makes the present value 0"
    # In x = ln(1 + r) the value is a sum of exponentials: as many roots as changes of sign at most.
    months = np.arange(len(flows))
    scaled = flows / np.abs(flows).max()

    def values(x: Array) -> Array:
        power = -x[:, None] * months
        return np.asarray(np.exp(power - power.max(axis=1, keepdims=True)) @ scaled)

    if changes == 1:
        reach = 1.0
        while reach < 500.0 and values(np.array([-reach, reach])).prod() > 0:
            reach *= 2.0
        grid = np.array([-reach, reach])
    else:
        grid = np.concatenate([np.linspace(-2.0, 2.0, 1601), np.linspace(2.0, 14.0, 240)[1:]])
        grid = np.concatenate([np.linspace(-14.0, -2.0, 240)[:-1], grid])
    found = values(grid)
    roots = [float(grid[i]) for i in np.flatnonzero(found == 0)]
    for i in np.flatnonzero(found[:-1] * found[1:] < 0):
        ends = (float(grid[i]), float(grid[i + 1]))
        one = brentq(lambda x: float(values(np.array([x]))[0]), *ends, xtol=1e-16, rtol=1e-14)
        roots.append(float(one))
    rates = [float(np.expm1(x)) for x in sorted(roots)]
    if len(rates) == 1:
        return rates[0], ""
    if not rates:
        return None, "no rate makes the present value 0"
    shown = ", ".join(f"{100 * r:.3g} %" for r in rates)
    return None, f"the flows change sign {changes} times and several rates fit: {shown} a month"
