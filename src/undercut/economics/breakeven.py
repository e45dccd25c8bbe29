"""Own machines against an API: where the lines cross, and what a given volume costs on each.

The machine is paid for whether used or not, so below the crossing the API wins. Machines come
whole: with ``C`` USD a month and ``cap`` usable requests a month each, ``k`` machines beat an API
at a margin of ``m`` USD a request from ``k C/m`` requests on, and carry ``k cap``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from undercut.economics import money
from undercut.economics.checks import collect, not_negative, positive, share
from undercut.economics.records import BreakEven, Comparison, Own, Rival
from undercut.economics.scalars import of_scalars
from undercut.economics.unit_cost import SECONDS_PER_MONTH

MAX_UTILISATION = 0.7


@of_scalars
def break_even_volume(
    fixed_usd_per_month: float, price_usd_per_1k: float, variable_usd_per_1k: float
) -> float | None:
    """Return ``1000 F/(p - v)`` requests a month, or ``None`` when ``p <= v``.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    collect(
        not_negative("fixed_usd_per_month", fixed_usd_per_month),
        not_negative("price_usd_per_1k", price_usd_per_1k),
        not_negative("variable_usd_per_1k", variable_usd_per_1k),
    )
    margin = price_usd_per_1k - variable_usd_per_1k
    return 1000.0 * fixed_usd_per_month / margin if margin > 0 else None


def _check(own: Own, max_utilisation: float) -> float:
    collect(
        not_negative("machine_usd_per_month", own.machine_usd_per_month),
        positive("capacity_per_month", own.capacity_per_month),
        not_negative("variable_usd_per_1k", own.variable_usd_per_1k),
        share("max_utilisation", max_utilisation),
    )
    return own.capacity_per_month * max_utilisation


@of_scalars
def break_even(
    own: Own, api_usd_per_1k: float, max_utilisation: float = MAX_UTILISATION
) -> BreakEven:
    """Return the volume above which own machines are cheaper.

    When one machine's crossing lies beyond what it can carry, so does the crossing of any number
    of machines, and the API is cheaper at every volume. When it lies beyond half of that, adding a
    machine hands the lead back for a while; ``always_above_requests_per_month`` is where that ends.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    usable = _check(own, max_utilisation)
    collect(positive("api_usd_per_1k", api_usd_per_1k))
    crossing = break_even_volume(own.machine_usd_per_month, api_usd_per_1k, own.variable_usd_per_1k)
    always = None
    if crossing is not None and crossing < usable:
        contested = max(1, math.ceil(usable / (usable - crossing)) - 1)
        always = contested * crossing
    else:
        crossing = None
    return BreakEven(
        requests_per_month=crossing,
        requests_per_second=None if crossing is None else crossing / SECONDS_PER_MONTH,
        always_above_requests_per_month=always,
        own_usd_per_1k_full=own.variable_usd_per_1k + 1000.0 * own.machine_usd_per_month / usable,
    )


@of_scalars
def compare(
    own: Own,
    api_usd_per_1k: float,
    requests_per_month: float,
    max_utilisation: float = MAX_UTILISATION,
) -> Comparison:
    """Return what a month costs on both sides, with as many machines as the volume needs.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    usable = _check(own, max_utilisation)
    collect(
        positive("api_usd_per_1k", api_usd_per_1k),
        positive("requests_per_month", requests_per_month),
    )
    machines = max(1, math.ceil(requests_per_month / usable * (1.0 - 1e-12)))
    thousands = requests_per_month / 1000.0
    own_usd = machines * own.machine_usd_per_month + own.variable_usd_per_1k * thousands
    api_usd = api_usd_per_1k * thousands
    same = math.isclose(own_usd, api_usd, rel_tol=1e-9)
    return Comparison(
        requests_per_month=requests_per_month,
        machines=machines,
        utilisation=requests_per_month / (machines * own.capacity_per_month),
        own_usd_per_month=own_usd,
        api_usd_per_month=api_usd,
        cheaper="same" if same else "own" if own_usd < api_usd else "api",
        difference_usd_per_month=api_usd - own_usd,
    )


@of_scalars
def cheapest(rivals: Sequence[Rival]) -> Rival | None:
    """Return the cheapest rival, or ``None`` when there is none."""
    return min(rivals, key=lambda r: r.usd_per_1k, default=None)


@of_scalars
def verdict(
    own: Own,
    rivals: Sequence[Rival],
    requests_per_month: float | None = None,
    max_utilisation: float = MAX_UTILISATION,
) -> str:
    """Say in one sentence who is cheaper, where, and by how much.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    usable = _check(own, max_utilisation)
    api = cheapest(rivals)
    if api is None:
        return (
            "No API price is known for this request, so there is nothing to compare with; "
            f"one machine costs {money.usd(own.machine_usd_per_month)} a month, used or not."
        )
    name = f"the cheapest API ({api.model}, {api.priced_at})"
    cross = break_even(own, api.usd_per_1k, max_utilisation)
    at = ""
    if requests_per_month is not None:
        at = _at(compare(own, api.usd_per_1k, requests_per_month, max_utilisation))
    if cross.requests_per_month is None:
        unit = money.money_per_request_scale
        text = (
            f"T{name[1:]} costs less at every volume: {unit(api.usd_per_1k)} against "
            f"{unit(cross.own_usd_per_1k_full)} for this model on machines used to "
            f"{money.percent(max_utilisation)}"
        )
        return f"{text}; {at}." if at else f"{text}."
    if cross.requests_per_month == 0:
        text = f"This model costs less than {name} at every volume"
        return f"{text}: {at}." if at else f"{text}."
    low = money.count(cross.requests_per_month)
    text = f"Below {low} requests a month {name} costs less; above it this model does"
    always = cross.always_above_requests_per_month
    if always is not None and always > cross.requests_per_month:
        one = money.count(usable)
        text += f" up to {one} on one machine, and always above {money.count(always)}"
    return f"{text}: {at}." if at else f"{text}."


def _at(c: Comparison) -> str:
    where = f"at {money.count(c.requests_per_month)}"
    if c.machines > 1:
        where += f" on {money.count(c.machines)} machines"
    if c.cheaper == "same":
        return f"{where}, both cost the same"
    word = "less" if c.cheaper == "own" else "more"
    return f"{where}, {money.usd(abs(c.difference_usd_per_month))} a month {word}"
