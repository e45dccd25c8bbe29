"""Can its probabilities be believed, and what does answering fewer texts buy?"""

from __future__ import annotations

from undercut.measures.intervals import wilson
from undercut.measures.record import Evaluation
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import number, percent, points, whole_percent
from undercut.pipeline.report.svg.axes import Axis, around
from undercut.pipeline.report.svg.lines import Series, Threshold, lines
from undercut.pipeline.report.svg.shapes import Drawing

BELIEVED = "Can its probabilities be believed?"
FEWER = "What does answering only the sure texts buy?"


def _head(ev: Evaluation) -> str:
    """Return what is answered: ``Texts``, ``Entities``."""
    return "Texts" if ev.things is None else ev.thing_names.capitalize()


def _span(share: float, n: int) -> tuple[float, float]:
    low, high = wilson(round(share * n), n)
    return float(low), float(high)


def reliability(ev: Evaluation) -> Figure:
    """Return accuracy against mean confidence, one point a bin, with the diagonal."""
    what = ev.confidence_in.capitalize()
    bins = [b for b in ev.reliability if b.rows]
    spans = [_span(b.accuracy, b.rows) for b in bins]
    table = Table(
        columns(f">{ev.thing_names.capitalize()}", ">Mean confidence", f">{what}",
                ">95 % interval"),
        tuple(
            (number(b.rows), percent(b.confidence), percent(b.accuracy),
             f"{100 * low:.1f}–{100 * high:.1f}")
            for b, (low, high) in zip(bins, spans, strict=True)
        ),
        "No rows were scored.",
    )  # fmt: skip
    if not bins:
        return Figure("reliability", BELIEVED, "No rows were scored.", None, table)
    rows = sum(b.rows for b in bins)
    gap = sum(b.rows * (b.confidence - b.accuracy) for b in bins) / rows
    way = "too sure of itself" if gap > 0 else "not sure enough"
    answer = (
        f"It is {way} by {points(abs(gap))[1:]} on average; the expected calibration error is "
        f"{100 * ev.ece:.1f} points."
    )
    if abs(gap) < 0.0005:
        answer = (
            f"On average confidence and {ev.confidence_in} agree; the expected calibration error "
            f"is {100 * ev.ece:.1f} points."
        )
    low = around([x for b in bins for x in (b.confidence, b.accuracy)] + [s[0] for s in spans],
                 0.0, 1.0)[0]  # fmt: skip
    note = (
        f"{len(bins)} bins of equal rows; lines are 95 % intervals. "
        f"Both axes start at {whole_percent(low)}."
    )
    ordered = sorted(zip(bins, spans, strict=True), key=lambda pair: pair[0].confidence)

    def draw(width: float) -> Drawing:
        return lines(
            [
                Series([low, 1.0], [low, 1.0], "as sure as right", colour="grey", dash=True),
                Series(
                    [b.confidence for b, _ in ordered], [b.accuracy for b, _ in ordered],
                    low=[s[0] for _, s in ordered], high=[s[1] for _, s in ordered], marks=True,
                ),
            ],
            Axis("Mean confidence of the bin", low, 1.0, write=whole_percent),
            Axis(f"{what} in the bin", low, 1.0, write=whole_percent),
            width,
            square=True,
        )  # fmt: skip

    return Figure("reliability", BELIEVED, answer, draw, table, note)


def coverage(ev: Evaluation) -> Figure:
    """Return accuracy of the most confident share of texts, with its 95 % band."""
    curve = sorted(ev.coverage, key=lambda p: p.coverage)
    answered = sum(b.rows for b in ev.reliability) or ev.rows
    spans = [_span(p.accuracy, round(p.coverage * answered)) for p in curve]
    what = ev.confidence_in
    table = Table(
        columns(">Answered", ">Probability at least", f">{what.capitalize()}", ">95 % interval"),
        tuple(
            (percent(p.coverage), f"{p.threshold:.3f}", percent(p.accuracy),
             f"{100 * low:.1f}–{100 * high:.1f}")
            for p, (low, high) in zip(curve, spans, strict=True)
        ),
        "No rows were scored.",
    )  # fmt: skip
    if len(curve) < 2:
        return Figure("coverage", FEWER, "Too few rows were scored to draw a curve.", None, table)
    whole, at = curve[-1], min(curve, key=lambda p: abs(p.coverage - 0.8))
    everything = "all" if whole.coverage >= 1 else whole_percent(whole.coverage)
    answer = (
        f"Answering the surest {whole_percent(at.coverage)} gives {percent(at.accuracy)} {what} "
        f"on them, against {percent(whole.accuracy)} on {everything}."
    )
    low, high = around([x for s in spans for x in s], 0.0, 1.0)
    note = (
        "The band is the 95 % interval at each share, for texts like these. "
        f"The {what} axis starts at {whole_percent(low)}."
    )

    def draw(width: float) -> Drawing:
        return lines(
            [
                Series(
                    [p.coverage for p in curve], [p.accuracy for p in curve],
                    low=[s[0] for s in spans], high=[s[1] for s in spans],
                )
            ],
            Axis(f"Share of {_head(ev).lower()} answered", 0.0, 1.0, write=whole_percent),
            Axis(f"{what.capitalize()} on them", low, high, write=whole_percent),
            width,
            [Threshold(f"{percent(whole.accuracy)} when all are answered", y=whole.accuracy)],
        )  # fmt: skip

    return Figure("coverage", FEWER, answer, draw, table, note)
