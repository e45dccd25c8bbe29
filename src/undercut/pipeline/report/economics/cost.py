"""Unit cost and p95 against use, the month's waterfall, and own box against API."""

from __future__ import annotations

from undercut.economics.money import Scale
from undercut.economics.records import Own
from undercut.economics.unit_cost import SECONDS_PER_MONTH
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.figures.month import crossed
from undercut.pipeline.report.format import (
    duration,
    figure,
    money,
    money_tick,
    percent,
    plain,
    whole_percent,
)
from undercut.pipeline.report.svg.axes import Axis, around_log
from undercut.pipeline.report.svg.bars import waterfall
from undercut.pipeline.report.svg.lines import Series, Threshold, lines
from undercut.pipeline.report.svg.shapes import Drawing, stacked
from undercut.pipeline.scenario.facts import EconomicsFacts

USE = "What do requests cost as the machine fills up?"
MONTH = "Where does a month's money go?"


def unit_cost(facts: EconomicsFacts) -> Figure:
    """Return p95 and unit cost against utilisation, with the promise; two panels, one scale."""
    u = facts.unit_cost
    scale = facts.pricing.scale
    xs = [p.utilisation for p in u.curve]
    kept = [p for p in u.curve if p.p95_ms is not None]
    table = Table(
        columns(">Use", ">Requests a second", ">p95", f">USD per {scale.requests}"),
        tuple(
            (percent(p.utilisation), figure(p.per_second),
             "no answer" if p.p95_ms is None else duration(p.p95_ms / 1000),
             scale.amount(p.usd_per_1k))
            for p in u.curve
        ),
    )  # fmt: skip
    answer = (
        f"At today's volume the machine is used to {percent(u.utilisation)} and requests cost "
        f"{scale.price(u.reserved_usd_per_1k)}; the used seconds alone would be "
        f"{scale.amount(u.used_usd_per_1k)}."
    )
    right = max([1.05, *xs])
    x = Axis("Use: share of the rate that keeps the promise", 0.0, right, write=whole_percent)
    p95s = [p.p95_ms for p in kept if p.p95_ms is not None]
    costs = [p.usd_per_1k * scale.factor for p in u.curve]
    here = Threshold("today", x=min(u.utilisation, right))

    def draw(width: float) -> Drawing:
        most = around_log([*p95s, u.slo_ms])
        upper = lines(
            [Series([p.utilisation for p in kept], p95s, "p95", marks=any(p.measured for p in kept),
                    low=[p.p95_ms or 0 for p in kept] if kept[0].measured else (),
                    high=[p.p95_ms or 0 for p in kept] if kept[0].measured else ())],
            x, Axis("p95 in ms (log scale)", *most, log=True, write=plain), width,
            [here, Threshold(f"promise {plain(u.slo_ms)} ms", y=u.slo_ms)],
        )  # fmt: skip
        lower = lines(
            [Series(xs, costs, "reserved machine")],
            x, Axis(f"USD per {scale.requests} (log scale)", *around_log(costs), log=True,
                    write=money_tick), width,
            [here],
        )  # fmt: skip
        return stacked(upper, lower)

    basis = "measured by a load test" if u.curve[0].measured else "by the queue formula (M/M/1)"
    note = (
        f"p95 {basis}; the machine carries {figure(u.knee_per_second)} requests a second within "
        f"{plain(u.slo_ms)} ms ({u.knee_basis}). The cost is the reserved machine's, over the "
        "requests it answers."
    )
    return Figure("unit-cost", USE, answer, draw if p95s else None, table, note,
                  trace=tuple(x.at(v) for v in xs))  # fmt: skip


def month(facts: EconomicsFacts) -> Figure:
    """Return the waterfall of a month at today's volume."""
    u = facts.unit_cost
    parts = [(n, v) for n, v in u.waterfall_usd_per_month.items() if v > 0]
    total = u.total_usd_per_month
    largest = max(parts, key=lambda p: p[1], default=("nothing", 0.0))
    table = Table(
        columns("Part", ">USD a month", ">Share"),
        (*((n, money(v), percent(v / total if total else 0.0)) for n, v in parts),
         ("total", money(total), percent(1.0))),
        strong=len(parts),
    )  # fmt: skip
    answer = f"{money(total)} a month at today's volume; the largest part is {largest[0]}."

    def draw(width: float) -> Drawing:
        return waterfall(
            [(n, v, money(v)) for n, v in parts], ("total", money(total)), width,
            "USD a month; each bar starts where the one above ended",
        )  # fmt: skip

    note = (
        f"{u.machines} machine{'s' if u.machines > 1 else ''} at "
        f"{money(u.machine_usd_per_month)} a month, used to {percent(u.utilisation)} on average. "
        "Idle is what they cost while they wait; training, labels and work are spread over the "
        "model's life."
    )
    return Figure("month", MONTH, answer, draw if total > 0 else None, table, note)


def crossing(facts: EconomicsFacts) -> Figure:
    """Return own box against the rival that costs least, at equal quality."""
    u, box, scale = facts.unit_cost, facts.box, facts.pricing.scale
    own = Own(
        machine_usd_per_month=u.machine_usd_per_month,
        capacity_per_month=u.knee_per_second
        * SECONDS_PER_MONTH
        / facts.inputs["company.peak_factor"],
        variable_usd_per_1k=facts.inputs["own.other_usd_per_1k"],
    )
    even = box.break_even.requests_per_month
    note = (
        f"{box.rival} at {scale.price(box.api_usd_per_1k)}, priced {facts.inputs.date}"
        + _quality(box.api_usd_per_1k, box.api_even_usd_per_1k, scale)
        + ". Own machines are sized for the peak and paid for whether used or not. Log scales."
    )
    if box.api_even_usd_per_1k <= 0 or u.machine_usd_per_month <= 0:
        made = crossed(own, box.api_usd_per_1k, box.rival, 1.0, None, None, note)
        answer = (
            f"From none: {box.rival} makes so many fewer errors that no volume makes up for it."
        )
        return Figure("crossing", made.question, answer, None, made.table)
    return crossed(
        own, box.api_even_usd_per_1k, box.rival, 1.0, even,
        facts.inputs["company.requests_per_month"], note,
    )  # fmt: skip


def _quality(price: float, even: float, scale: Scale) -> str:
    if abs(even - price) < 1e-12:
        return ", taken for as good as your model"
    more, fewer = ("more", "added") if even > price else ("fewer", "taken off")
    return (
        f"; it makes {more} errors than your model, worth {scale.price(abs(even - price))}, {fewer}"
    )
