"""What does each form give up, and what does it save? Quality against cost, latency and size."""

from __future__ import annotations

from collections.abc import Callable

from undercut.core.types import Measurement
from undercut.pipeline.compressing.record import CompressFacts, Form
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import (
    clean,
    interval,
    money_tick,
    one_line,
    per_million,
    percent,
    points,
    unit_price,
    whole_percent,
)
from undercut.pipeline.report.svg.axes import Axis, around, around_log
from undercut.pipeline.report.svg.scatter import Point, scatter
from undercut.pipeline.report.svg.shapes import Drawing

AXES: dict[str, tuple[str, str, Callable[[Form, Measurement], float], Callable[[float], str]]] = {
    "cost": (
        "What does each form give up for its price?",
        "USD per million requests, fully used (log scale)",
        lambda f, m: 1000 * (f.usd_per_1k or 0.0),
        money_tick,
    ),
    "latency": (
        "What does each form give up for its speed?",
        "Median latency of one request, milliseconds (log scale)",
        lambda f, m: m.p50_ms,
        lambda x: f"{x:g}",
    ),
    "size": (
        "What does each form give up for its size?",
        "Megabytes on disk (log scale)",
        lambda f, m: m.size_bytes / 1e6,
        lambda x: f"{x:g}",
    ),
}


LESS = {"cost": "cheaper", "latency": "quicker", "size": "smaller"}


def figures(facts: CompressFacts) -> list[Figure]:
    """Return the three charts, that of the goal first."""
    order = sorted(AXES, key=lambda name: name != facts.optimise)
    return [_figure(facts, name) for name in order]


def table(facts: CompressFacts) -> Table:
    """Return every form with its figures and why it won or lost."""
    chosen = next(i for i, f in enumerate(facts.forms) if f.status == "chosen")
    return Table(
        columns("~Form", "Verdict", f">{facts.quality_name} (95 %)", ">USD per million",
                ">Texts/s", ">p50, ms", ">p95, ms", ">MB", "*Why"),
        tuple(_row(f) for f in facts.forms),
        "No form was made.",
        chosen,
    )  # fmt: skip


def _row(f: Form) -> tuple[str, ...]:
    m = f.measured
    if m is None or f.quality is None:
        return (one_line(f.name), f.status, "", "", "", "", "", "", clean(f.why))
    return (
        one_line(f.name), f.status, interval(f.quality), per_million(f.usd_per_1k or 0.0),
        f"{m.texts_per_second:,.0f}", f"{m.p50_ms:.1f}", f"{m.p95_ms:.1f}",
        f"{m.size_bytes / 1e6:.1f}", clean(" ".join([f.why, *f.tries])),
    )  # fmt: skip


def answer(facts: CompressFacts) -> str:
    """Return what the search found, in a sentence."""
    chosen, first = facts.form(facts.chosen), facts.forms[0]
    assert chosen.quality is not None and first.quality is not None
    assert chosen.usd_per_1k is not None and chosen.measured is not None
    said = f"{percent(chosen.quality.value)} for {unit_price(chosen.usd_per_1k)}"
    if not chosen.steps:
        return f"Nothing that passed the gate beats the model as it is: {said}."
    gap = chosen.quality.value - first.quality.value
    old, new = (AXES[facts.optimise][2](f, m) for f in (first, chosen) if (m := f.measured))
    times = f"{old / new:.1f} times {LESS[facts.optimise]} than the reference"
    return f"{one_line(chosen.name)} keeps {said}: {times}, {points(gap)} in {facts.quality_name}."


def _figure(facts: CompressFacts, name: str) -> Figure:
    question, label, of, write = AXES[name]
    drawn = [f for f in facts.forms if f.measured is not None and f.quality is not None]
    return Figure(
        f"pareto-{name}",
        question,
        answer(facts),
        lambda width: _draw(facts, drawn, width, label, of, write),
        table(facts),
        "Bars are 95 % intervals. Hollow and grey: not passed by the gate. The quality axis does "
        "not start at 0.",
        lead=name == facts.optimise,
    )


def _draw(
    facts: CompressFacts,
    drawn: list[Form],
    width: float,
    label: str,
    of: Callable[[Form, Measurement], float],
    write: Callable[[float], str],
) -> Drawing:
    spread = [x for f in drawn if (q := f.quality) for x in (q.value, q.low, q.high) if x]
    low, high = around(spread, 0.0, 1.0)
    at = [of(f, f.measured) for f in drawn if f.measured is not None]
    left, right = around_log(at)
    points_drawn = [
        Point(
            x, f.quality.value, one_line(f.name), f.quality.low, f.quality.high,
            group="", best=f.status == "chosen", faint=f.status in ("refused", "needs-rows"),
        )
        for f, x in zip(drawn, at, strict=True) if f.quality is not None
    ]  # fmt: skip
    return scatter(
        points_drawn,
        Axis(label, left, right, log=True, write=write),
        Axis(f"{facts.quality_name}, held-out rows", low, high, write=whole_percent),
        width,
    )
