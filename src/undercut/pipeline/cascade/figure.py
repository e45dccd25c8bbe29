"""What does a point of accuracy cost, from the cheapest model to the dearest, and in between?"""

from __future__ import annotations

from undercut.pipeline.cascade.facts import CascadeFacts, CurveFacts
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import (
    money,
    money_tick,
    one_line,
    percent,
    whole_percent,
)
from undercut.pipeline.report.svg.axes import Axis, around, around_log
from undercut.pipeline.report.svg.lines import Series, lines
from undercut.pipeline.report.svg.shapes import Drawing

QUESTION = "What does a point of accuracy cost?"


def figure(facts: CascadeFacts) -> Figure:
    """Return accuracy against USD per million requests: the cascade's curve, and single models."""
    tested = facts.test_accuracy is not None
    curve = [p for p in facts.curve if p.usd_per_1k > 0]
    timed = [p for p in curve if p.measured_usd_per_1k]

    def accuracy(p: CurveFacts) -> float:
        return p.test_accuracy if tested and p.test_accuracy is not None else p.accuracy

    singles = [
        (
            one_line(t.name),
            1000 * t.usd_per_1k,
            (t.test_accuracy if tested and t.test_accuracy else t.accuracy).value,
        )
        for t in facts.tiers
        if t.usd_per_1k > 0 and not t.fixed
    ]
    table = Table(
        columns(">Passed on", ">Accuracy, rows chosen on", ">Accuracy, test",
                ">USD per million, from the parts", ">USD per million, end to end", "Chosen"),
        tuple(
            (
                percent(p.escalated), percent(p.accuracy),
                "" if p.test_accuracy is None else percent(p.test_accuracy),
                money(1000 * p.usd_per_1k),
                "" if p.measured_usd_per_1k is None else money(1000 * p.measured_usd_per_1k),
                "chosen" if p.chosen else "",
            )
            for p in facts.curve
        ),
    )  # fmt: skip
    costs = [1000 * p.usd_per_1k for p in curve]
    costs += [1000 * (p.measured_usd_per_1k or 0.0) for p in timed]
    costs += [x for _, x, _ in singles]
    if not costs:
        return Figure("accuracy-cost", QUESTION, "Nothing here has a cost.", None, table)
    left, right = around_log(costs)
    heights = [accuracy(p) for p in curve] + [y for _, _, y in singles]
    low, high = around(heights, 0.0, 1.0)
    chosen = next((p for p in timed if p.chosen), None)
    rows = f"{facts.test_split}" if tested else facts.split

    def draw(width: float) -> Drawing:
        ordered = sorted(timed, key=lambda p: p.measured_usd_per_1k or 0.0)
        series = [
            Series(
                [1000 * p.usd_per_1k for p in curve], [accuracy(p) for p in curve],
                "from the parts", colour="grey", dash=True,
            ),
            Series(
                [1000 * (p.measured_usd_per_1k or 0.0) for p in ordered],
                [accuracy(p) for p in ordered], "cascade, end to end", marks=True,
            ),
            *(Series([x], [y], name, colour="grey", marks=True) for name, x, y in singles),
        ]  # fmt: skip
        if chosen is not None:
            usd = 1000 * (chosen.measured_usd_per_1k or 0.0)
            series.append(Series([usd], [accuracy(chosen)], "chosen", marks=True))
        return lines(
            series,
            Axis("USD per million requests (log scale)", left, right, log=True, write=money_tick),
            Axis(f"Accuracy, {one_line(rows)}", low, high, write=whole_percent),
            width,
        )

    note = (
        "Each point of the curve is one set of thresholds; points on the solid line were timed end "
        f"to end. The accuracy axis starts at {whole_percent(low)}."
    )
    return Figure("accuracy-cost", QUESTION, facts.verdict, draw, table, note, lead=True)
