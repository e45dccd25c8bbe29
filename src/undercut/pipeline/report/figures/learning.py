"""What would more labels bring?"""

from __future__ import annotations

from undercut.economics.data_value import error_after
from undercut.pipeline.facts import CurveFacts, CurvePoint, RunFacts
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import number, percent, points, whole_percent
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
    table = _table(curve)
    if curve is None:
        return Figure("learning", LABELS, table.empty, None, table)
    if curve.curve is None and not curve.random:
        return Figure("learning", LABELS, f"No curve fits: {curve.note}.", None, table)
    if curve.random:
        return _beside_random(curve, table)
    assert curve.curve is not None
    fitted, most = curve.curve, curve.points[-1].rows
    xs = [p.rows for p in curve.points]
    ahead = [xs[0] + (AHEAD * most - xs[0]) * i / PIECES for i in range(PIECES + 1)]
    ys = [1 - error_after(fitted, n) for n in ahead]
    lows, highs = _ends(curve.points)
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


def _beside_random(curve: CurveFacts, table: Table) -> Figure:
    """Return accuracy against rows chosen by ``--coreset``, beside as many rows at random."""
    lows, highs = _ends(curve.points)
    beside = [p.quality.value for p in curve.random]
    low, high = around([*lows, *highs, *beside], 0.0, 1.0)
    most = max(p.rows for p in (*curve.points, *curve.random))

    def draw(width: float) -> Drawing:
        return lines(
            [
                Series([p.rows for p in curve.random], beside, "at random", colour="grey",
                       marks=True),
                Series([p.rows for p in curve.points], [p.quality.value for p in curve.points],
                       "chosen", low=lows, high=highs, marks=True),
            ],
            Axis("Labelled rows learnt from", 0.0, 1.05 * most, write=number),
            Axis("Accuracy on validation", low, high, write=whole_percent),
            width,
        )  # fmt: skip

    note = (
        f"Measured with {curve.method}: beginnings of the choice, and one random draw of as many "
        "rows, each label in proportion, up to all there are. Whiskers are 95 % intervals. The "
        f"accuracy axis starts at {whole_percent(low)}."
    )
    said = _answer(curve) if curve.worth else f"No curve fits the chosen rows: {curve.note}."
    return Figure("learning", LABELS, f"{_against(curve)} {said}".strip(), draw, table, note)


def _against(curve: CurveFacts) -> str:
    """Return how the chosen rows did against as many at random, in a sentence."""
    t, n = curve.versus_random, curve.points[-1].rows if curve.points else 0
    if t is None:
        return ""
    said = f"{number(n)} rows chosen against {number(n)} at random: {points(t.difference)}"
    low, high = f"{100 * t.low:.1f}", f"{100 * t.high:.1f}"
    told = "" if t.low > 0 or t.high < 0 else "; no difference that can be told"
    return f"{said} (95 %: {low} to {high}{told})."


def _table(curve: CurveFacts | None) -> Table:
    empty = "Not measured: --no-learning-curve was given."
    if curve is None or not curve.random:
        found = curve.points if curve else []
        return Table(columns(">Rows", ">Accuracy", ">95 % interval"),
                     tuple((number(p.rows), *_cells(p)) for p in found), empty)  # fmt: skip
    chosen, drawn = ({p.rows: p for p in part} for part in (curve.points, curve.random))
    return Table(
        columns(">Rows", ">Chosen", ">95 % interval", ">At random", ">95 % interval"),
        tuple(
            (number(n), *_cells(chosen.get(n)), *_cells(drawn.get(n)))
            for n in sorted({*chosen, *drawn})
        ),
        empty,
    )


def _cells(point: CurvePoint | None) -> tuple[str, str]:
    if point is None:
        return "–", "–"
    return percent(point.quality.value), _interval(point.quality.low, point.quality.high)


def _ends(found: list[CurvePoint]) -> tuple[list[float], list[float]]:
    """Return the lower and upper ends of the points' intervals."""
    accuracies = [p.quality for p in found]
    lows = [a.low if a.low is not None else a.value for a in accuracies]
    return lows, [a.high if a.high is not None else a.value for a in accuracies]


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
