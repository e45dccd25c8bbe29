"""Scatter: labelled points with whiskers, and a strip of values that have no height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from undercut.pipeline.report.svg.axes import Axis, Plot, frame, left_margin
from undercut.pipeline.report.svg.place import Area, place
from undercut.pipeline.report.svg.shapes import Drawing, Line, Mark, Text, fit, text_width

SHAPES = ("circle", "square", "triangle", "diamond")


@dataclass(frozen=True)
class Point:
    """A point in data units with its whiskers.

    Attributes:
        x, y: where it is.
        label: written beside it.
        low, high: vertical whisker.
        x_to: horizontal whisker from ``x`` to there.
        group: points of a group share a shape.
        best: drawn large and bold.
        faint: drawn hollow and grey.
    """

    x: float
    y: float
    label: str
    low: float | None = None
    high: float | None = None
    x_to: float | None = None
    group: str = ""
    best: bool = False
    faint: bool = False


@dataclass(frozen=True)
class Flag:
    """A value on the x axis alone, with its name."""

    x: float
    label: str


def scatter(
    points: Sequence[Point],
    x: Axis,
    y: Axis,
    width: float,
    flags: Sequence[Flag] = (),
    flags_title: str = "",
) -> Drawing:
    """Draw points with direct labels; labels that find no room are numbered with a key below."""
    size = 13.0 if width >= 480 else 12.0
    height = min(0.62 * width, 420.0) if width >= 480 else 0.95 * width
    left = left_margin(y, height, size - 1)
    groups = list(dict.fromkeys(p.group for p in points if p.group))
    top = 50.0 if len(groups) > 1 else 30.0
    plot = Plot(left, top, width - 12, top + height, x, y)
    strip = 22 + 17 * len(flags) if flags else 0
    base = plot.bottom + strip + (10 if flags else 0)
    drawing = Drawing(width, base + 42)
    frame(drawing, plot, size, base)
    if len(groups) > 1:
        _groups(drawing, groups, plot, size)
    if flags:
        _flags(drawing, plot, base, flags, flags_title, size)
    for p in points:
        _whiskers(drawing, plot, p)
    for p in points:
        shape = SHAPES[groups.index(p.group) % len(SHAPES)] if p.group else "circle"
        drawing.add(
            Mark(
                plot.px(p.x), plot.py(p.y), 12 if p.best else 8, shape,
                "muted" if p.faint else "accent", hollow=p.faint, hint=p.label,
            )
        )  # fmt: skip
    _labels(drawing, plot, points, size)
    return drawing


def _groups(drawing: Drawing, groups: list[str], plot: Plot, size: float) -> None:
    x = plot.left
    for i, group in enumerate(groups):
        room = text_width(group, size - 1) + 32
        if x + room > drawing.width:
            break
        drawing.add(
            Mark(x + 5, 12, 8, SHAPES[i % len(SHAPES)], "accent"),
            Text(x + 14, 12, group, size - 1, "muted"),
        )
        x += room


def _flags(
    drawing: Drawing, plot: Plot, base: float, flags: Sequence[Flag], title: str, size: float
) -> None:
    top = plot.bottom + 10
    drawing.add(
        Line(((plot.left, plot.bottom), (plot.right, plot.bottom))),
        Text(plot.left, top + 4, fit(title, plot.right - plot.left, size - 1), size - 1, "muted"),
    )
    # The cheapest flag is the lowest, so that no line crosses a name to its left.
    for i, flag in enumerate(sorted(flags, key=lambda f: f.x)):
        x, y = plot.px(flag.x), base - 11 - 17 * i
        drawing.add(Line(((x, base), (x, y)), "grey", 1.5), Mark(x, y, 5, "circle", "grey"))
        if text_width(flag.label, size - 1) + 8 <= x - plot.left:
            drawing.add(Text(x - 8, y, flag.label, size - 1, "ink", "end"))
        else:
            room = drawing.width - x - 8
            drawing.add(Text(x + 8, y, fit(flag.label, room, size - 1), size - 1))


def _whiskers(drawing: Drawing, plot: Plot, p: Point) -> None:
    x, y, colour = plot.px(p.x), plot.py(p.y), "muted" if p.faint else "accent"
    if p.x_to is not None:
        drawing.add(Line(((x, y), (plot.px(p.x_to), y)), colour, 1, dash=True))
    if p.low is not None and p.high is not None:
        low, high = plot.py(p.low), plot.py(p.high)
        drawing.add(
            Line(((x, low), (x, high)), colour, 1.2),
            Line(((x - 3, low), (x + 3, low)), colour, 1.2),
            Line(((x - 3, high), (x + 3, high)), colour, 1.2),
        )


def _taken(plot: Plot, points: Sequence[Point]) -> list[Area]:
    taken = []
    for p in points:
        x, y = plot.px(p.x), plot.py(p.y)
        taken.append(Area(x - 7, y - 7, x + 7, y + 7))
        if p.low is not None and p.high is not None:
            taken.append(Area(x - 4, plot.py(p.high), x + 4, plot.py(p.low)))
        if p.x_to is not None:
            taken.append(Area(x, y - 2, plot.px(p.x_to), y + 2))
    return taken


def _labels(drawing: Drawing, plot: Plot, points: Sequence[Point], size: float) -> None:
    at = [(plot.px(p.x), plot.py(p.y)) for p in points]
    inside = Area(plot.left, plot.top - 8, drawing.width, plot.bottom)
    taken = _taken(plot, points)
    labels = [p.label for p in points]
    bold = [p.best for p in points]
    places = place(at, labels, taken, inside, size, bold)
    numbered = places is None
    if places is None:
        labels = [str(i) for i in range(1, len(points) + 1)]
        places = place(at, labels, taken, inside, size, bold)
    if places is None:  # more points than room for numbers: the table has their names
        return
    for p, (x, y), label, spot in zip(points, at, labels, places, strict=True):
        width = text_width(label, size, p.best)
        if spot.leader:
            near = spot.x if spot.x > x else spot.x + width
            drawing.add(Line(((x, y), (near, spot.y)), "muted", 0.8))
        drawing.add(Text(spot.x, spot.y, label, size, "muted" if p.faint else "ink", bold=p.best))
    if numbered:
        _key(drawing, points, size)


def _key(drawing: Drawing, points: Sequence[Point], size: float) -> None:
    y = drawing.height + 6
    for i, p in enumerate(points, 1):
        name = fit(p.label, drawing.width - 34, size)
        drawing.add(Text(24, y, str(i), size, "muted", "end"), Text(32, y, name, size, bold=p.best))
        y += size * 1.5
    drawing.height = y + 4
