"""Error against labels with the number where to stop, and the assumptions that decide."""

from __future__ import annotations

from undercut.economics.data_value import EXTRAPOLATION, error_after
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import money, number, percent, plain, whole_percent
from undercut.pipeline.report.svg.axes import Axis, around
from undercut.pipeline.report.svg.lines import Series, Threshold, lines
from undercut.pipeline.report.svg.shapes import Drawing
from undercut.pipeline.report.svg.tornado import Swing, tornado
from undercut.pipeline.scenario.facts import EconomicsFacts

LABELS = "How many labels are enough?"
DECIDES = "Which assumption decides?"
PIECES = 60


def labels(facts: EconomicsFacts) -> Figure:
    """Return the error against labelled rows, measured and fitted, with n*."""
    c = facts.curve
    table = Table(
        columns(">Labelled rows", ">Error", ">95 % interval"),
        tuple(
            (number(p.rows), percent(1 - p.quality.value), _interval(p.quality.low, p.quality.high))
            for p in (c.points if c else ())
        ),
        "Not measured: undercut learning-curve FILE, and labels.curve in the scenario.",
    )
    if c is None or c.curve is None:
        why = table.empty if c is None else f"No curve fits the points: {c.note}."
        return Figure("labels", LABELS, why, None, table)
    fitted, most = c.curve, float(c.points[-1].rows)
    best = c.best
    right = EXTRAPOLATION * most
    if best is not None and best.labels < right:
        right = max(1.25 * best.labels, 1.6 * most)
    first = float(c.points[0].rows)
    xs = [first + (right - first) * k / PIECES for k in range(PIECES + 1)]
    ys = [error_after(fitted, n) for n in xs]
    lows = [
        1 - (p.quality.high if p.quality.high is not None else p.quality.value) for p in c.points
    ]
    highs = [
        1 - (p.quality.low if p.quality.low is not None else p.quality.value) for p in c.points
    ]
    low, high = around([*ys, *lows, *highs], 0.0, 1.0)
    x = Axis("Labelled rows", 0.0, right, write=number)
    marks = [Threshold(f"{number(most)} you have", x=most)]
    if best is not None and 0 < best.labels <= right:
        marks.append(Threshold(f"n* = {number(best.labels)}", x=best.labels))

    def draw(width: float) -> Drawing:
        return lines(
            [
                Series(xs, ys, "fitted", colour="grey", dash=True),
                Series([float(p.rows) for p in c.points], [1 - p.quality.value for p in c.points],
                       "measured", low=lows, high=highs, marks=True),
            ],
            x, Axis("Share of wrong answers", low, high, write=whole_percent), width, marks,
        )  # fmt: skip

    note = (
        f"Measured with {c.method} on growing, nested parts of the rows; whiskers are 95 % "
        f"intervals. n* is where the next label costs what it brings at {money(c.value_usd)} for "
        "an error rate of 1 over the horizon."
    )
    return Figure("labels", LABELS, _stop(facts), draw, table, note,
                  trace=tuple(x.at(float(p.rows)) for p in c.points))  # fmt: skip


def _stop(facts: EconomicsFacts) -> str:
    c = facts.curve
    assert c is not None and c.points
    if c.best is None:
        return "Not known: what a label costs is not stated (labels.usd_per_label)."
    most, best = c.points[-1].rows, c.best.labels
    if best <= most:
        return f"You have enough: past {number(best)} the next label costs more than it brings."
    if c.best.extrapolated:
        return (
            f"More than {number(EXTRAPOLATION * most)}, {EXTRAPOLATION:g} times what was measured, "
            "beyond which the curve says nothing: buy some, then measure again."
        )
    return f"About {number(best)}; you have {number(most)}."


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "–"
    return f"{100 * (1 - high):.1f}–{100 * (1 - low):.1f}"


def decides(facts: EconomicsFacts) -> Figure:
    """Return the tornado over the assumptions."""
    t = facts.tornado
    table = Table(
        columns("Assumption", ">From", ">To", ">Profit there", ">Profit there"),
        tuple((b.label, plain(b.low), plain(b.high), money(b.at_low), money(b.at_high))
              for b in t.bars),
        "No assumption has a range.",
    )  # fmt: skip
    if not t.bars:
        return Figure("tornado", DECIDES, table.empty, None, table)
    first = t.bars[0]
    flips = [b.label for b in t.bars if (b.at_low < 0) != (b.at_high < 0)]
    answer = (
        f"Most of all {first.label}: from {plain(first.low)} to {plain(first.high)} the profit "
        f"moves from {money(first.at_low)} to {money(first.at_high)} a month."
    )
    if flips:
        turn = "a loss into a gain" if t.base < 0 else "a gain into a loss"
        few = "one assumption" if len(flips) == 1 else f"{len(flips)} assumptions"
        answer += f" Of {len(t.bars)} moved, {few} turned {turn}."

    def draw(width: float) -> Drawing:
        return tornado(
            [Swing(b.label, b.at_low, b.at_high, plain(b.low), plain(b.high)) for b in t.bars],
            t.base, money, width, "Profit a month at the best price, USD",
        )  # fmt: skip

    note = (
        "Each assumption alone is moved to its low (grey) and its high end (accent), and the best "
        "price found again. Ranges are those of the scenario, or half and double where it has none."
    )
    return Figure("tornado", DECIDES, answer, draw, table, note)
