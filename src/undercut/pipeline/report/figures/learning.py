"""What would more labels bring?"""

from __future__ import annotations

from undercut.economics.data_value import error_after
from undercut.pipeline.facts import CurveFacts, RunFacts
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import number, percent, whole_percent
from undercut.pipeline.report.svg.axes import Axis, around
from undercut.pipeline.report.svg.lines import Series, Threshold, lines
from undercut.pipeline.report.svg.shapes import Drawing

LABELS = "What would more labels bring?"
AHEAD = 2.0
"""Times the rows there are up to which the curve is drawn."""
PIECES = 60


def learning(facts: RunFacts) -> Figure:
    """Return accuracy against rows, with the fitted curve drawn on to twice the rows."""
    curve = facts.curve
    table = Table(
        columns(">Rows", ">Accuracy", ">95 % interval"),
        tuple(
            (number(p.rows), percent(p.quality.value), _interval(p.quality.low, p.quality.high))
            for p in (curve.points if curve else ())
        ),
        "Not measured: --no-learning-curve was given.",
    )
    if curve is None:
        return Figure("learning", LABELS, table.empty, None, table)
    if curve.curve is None:
        return Figure("learning", LABELS, f"No curve fits: {curve.note}.", None, table)
    fitted, most = curve.curve, curve.points[-1].rows
    xs = [p.rows for p in curve.points]
    ahead = [xs[0] + (AHEAD * most - xs[0]) * i / PIECES for i in range(PIECES + 1)]
    ys = [1 - error_after(fitted, n) for n in ahead]
    lows = [p.quality.low if p.quality.low is not None else p.quality.value for p in curve.points]
    highs = [
        p.quality.high if p.quality.high is not None else p.quality.value for p in curve.points
    ]
    low, high = around([*ys, *lows, *highs], 0.0, 1.0)

    def draw(width: float) -> Drawing:
        return lines(
            [
                Series(ahead, ys, "fitted", colour="grey", dash=True),
                Series(xs, [p.quality.value for p in curve.points], low=lows, high=highs,
                       marks=True),
            ],
            Axis("Labelled rows learnt from", 0.0, AHEAD * most, write=number),
            Axis("Accuracy on validation", low, high, write=whole_percent),
            width,
            [Threshold(f"{number(most)} rows now", x=float(most))],
        )  # fmt: skip

    note = (
        f"Measured with {curve.method} on growing, nested parts of the training rows; whiskers are "
        f"95 % intervals. The accuracy axis starts at {whole_percent(low)}."
    )
    return Figure("learning", LABELS, _answer(curve), draw, table, note)


def _interval(low: float | None, high: float | None) -> str:
    return f"{100 * low:.1f}–{100 * high:.1f}" if low is not None and high is not None else "–"


def _answer(curve: CurveFacts) -> str:
    worth = curve.worth
    if worth is None:
        return "Not known."
    said = f"100 more are expected to bring {100 * worth.fall:.1f} points"
    if worth.fall_low is not None and worth.fall_high is not None:
        said += f" (95 %: {100 * worth.fall_low:.1f} to {100 * worth.fall_high:.1f})"
    if curve.best is not None:
        beyond = ", far beyond what was measured" if curve.best.extrapolated else ""
        said += f"; the next label pays up to about {number(curve.best.labels)} rows{beyond}"
    return said + "."
