"""What does a point of accuracy cost? Accuracy against USD a request, by rung and variant."""

from __future__ import annotations

from undercut.pipeline.facts import RivalPrice, RunFacts, VariantFacts
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import (
    interval,
    money,
    money_tick,
    one_line,
    per_million,
    percent,
    points,
    unit_price,
    whole_percent,
)
from undercut.pipeline.report.svg.axes import Axis, around, around_log
from undercut.pipeline.report.svg.scatter import Flag, Point, scatter
from undercut.pipeline.report.svg.shapes import Drawing

QUESTION = "What does a point of accuracy cost?"
MOST_RIVALS = 6


def accuracy_cost(facts: RunFacts) -> Figure:
    """Return the chart of validation accuracy against USD per million requests, fully used."""
    drawn = [v for v in facts.variants if v.usd_per_1k > 0]
    table = Table(
        columns("~Variant", "Rung", f">Validation {facts.quality_name} (95 %)",
                ">USD per million, fully used",
                ">USD per million, 30 % use", ">Cost to make"),
        tuple(
            (
                one_line(v.name), v.rung, interval(v.valid_quality), per_million(v.usd_per_1k),
                per_million(v.usd_per_1k_at_30), money(v.fit_usd),
            )
            for v in facts.variants
        ),
        "No variant was made in this run.",
    )  # fmt: skip
    if not drawn:
        answer = "No variant with a measured cost: there is nothing to draw."
        return Figure("accuracy-cost", QUESTION, answer, None, table)
    note = (
        "Bars are 95 % intervals; dashes reach to the cost at 30 % use. Log scale on cost; "
        f"the accuracy axis starts at {whole_percent(_ends(drawn)[0])}."
    )
    if any(_refused(v) for v in drawn):
        note += " Hollow and grey: refused by the gate."
    return Figure(
        "accuracy-cost", QUESTION, _answer(drawn), lambda w: _draw(facts, drawn, w), table, note,
        lead=True,
    )  # fmt: skip


def _refused(v: VariantFacts) -> bool:
    return v.gate is not None and v.gate.verdict == "refused"


def _ends(drawn: list[VariantFacts]) -> tuple[float, float]:
    values = [v.valid_quality.value for v in drawn]
    values += [x for v in drawn for x in (v.valid_quality.low, v.valid_quality.high) if x]
    return around(values, 0.0, 1.0)


def _answer(drawn: list[VariantFacts]) -> str:
    best = next((v for v in drawn if v.promoted), max(drawn, key=lambda v: v.valid_quality.value))
    cheapest = min(drawn, key=lambda v: v.usd_per_1k)
    head = (
        f"{one_line(best.name)} reaches {percent(best.valid_quality.value)} on validation "
        f"for {unit_price(best.usd_per_1k)}"
    )
    if cheapest is best:
        return f"{head}; nothing here is cheaper."
    gap = best.valid_quality.value - cheapest.valid_quality.value
    return (
        f"{head}: {points(gap)} over {one_line(cheapest.name)} at "
        f"{best.usd_per_1k / cheapest.usd_per_1k:,.0f} times its cost."
    )


def _draw(facts: RunFacts, drawn: list[VariantFacts], width: float) -> Drawing:
    rivals = sorted((r for r in facts.price.rivals if r.usd_per_1k > 0), key=lambda r: r.usd_per_1k)
    flags = [Flag(r.usd_per_1k * 1000, _flag(r)) for r in rivals[:MOST_RIVALS]]
    costs = [1000 * c for v in drawn for c in (v.usd_per_1k, v.usd_per_1k_at_30)]
    left, right = around_log([*costs, *(f.x for f in flags)])
    low, high = _ends(drawn)
    return scatter(
        [
            Point(
                1000 * v.usd_per_1k,
                v.valid_quality.value,
                one_line(v.name) + (" (refused)" if _refused(v) else ""),
                v.valid_quality.low,
                v.valid_quality.high,
                1000 * v.usd_per_1k_at_30,
                v.rung,
                v.promoted,
                _refused(v),
            )
            for v in drawn
        ],
        Axis("USD per million requests (log scale)", left, right, log=True, write=money_tick),
        Axis(f"Validation {facts.quality_name}", low, high, write=whole_percent),
        width,
        flags,
        "Rival APIs; accuracy not measured"
        if not any(r.accuracy for r in rivals[:MOST_RIVALS])
        else "Rival APIs; accuracy where it was measured",
    )


def _flag(rival: RivalPrice) -> str:
    text = f"{one_line(rival.model)} {money(rival.usd_per_1k * 1000)}"
    return f"{text}, {percent(rival.accuracy.value)}" if rival.accuracy else text
