"""Lines with bands, points with whiskers, and thin labelled thresholds on two axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from undercut.pipeline.report.svg.axes import Axis, Plot, frame, left_margin
from undercut.pipeline.report.svg.place import Area as Taken
from undercut.pipeline.report.svg.shapes import (
    Area,
    Box,
    Drawing,
    Line,
    Mark,
    Text,
    fit,
    text_width,
)


@dataclass(frozen=True)
class Series:
    """A line in data units.

    Attributes:
        x, y: its points, ``x`` rising.
        label: written at the line.
        low, high: band around it; drawn as whiskers when ``marks``.
        colour: role; our series is ``accent``, rivals ``grey``.
        marks: draw the points.
        dash: draw it dashed.
    """

    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    colour: str = "accent"
    marks: bool = False
    dash: bool = False


@dataclass(frozen=True)
class Threshold:
    """A thin labelled line across the plot at ``x`` or at ``y``."""

    label: str
    x: float | None = None
    y: float | None = None


def lines(
    series: Sequence[Series],
    x: Axis,
    y: Axis,
    width: float,
    thresholds: Sequence[Threshold] = (),
    square: bool = False,
) -> Drawing:
    """Draw series on two axes with direct labels."""
    size = 13.0 if width >= 480 else 12.0
    height = (0.72 if square else 0.56) * width if width >= 480 else 0.85 * width
    left = left_margin(y, height, size - 1)
    plot = Plot(left, 30, width - 14, 30 + height, x, y)
    drawing = Drawing(width, plot.bottom + 42)
    drawing.plot = plot.left, plot.top, plot.right, plot.bottom
    frame(drawing, plot, size)
    at = [plot.px(t.x) for t in thresholds if t.x is not None]
    strips = [Taken(x - 1, plot.top, x + 1, plot.bottom) for x in at]
    taken = [area for s in series for area in _hugging(plot, s)]
    for s in series:
        _band(drawing, plot, s)
    for x_at in at:
        drawing.add(Line(((x_at, plot.top), (x_at, plot.bottom)), "muted", 1, dash=True))
    for t in thresholds:
        _threshold(drawing, plot, t, size, taken, strips)
    for s in series:
        _series(drawing, plot, s)
    for s in series:
        if s.label:
            # A name keeps further from other lines than from its own: it must not seem theirs.
            others = [a for other in series if other is not s for a in _hugging(plot, other, 15)]
            taken.append(_label(drawing, plot, s, size, taken, others, strips))
    return drawing


def _pixels(plot: Plot, xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
    return [(plot.px(a), plot.py(b)) for a, b in zip(xs, ys, strict=True)]


def _band(drawing: Drawing, plot: Plot, s: Series) -> None:
    if not s.low or s.marks:
        return
    there, back = _pixels(plot, s.x, s.low), _pixels(plot, s.x, s.high)
    drawing.add(Area((*there, *reversed(back)), s.colour, 0.16))


def _series(drawing: Drawing, plot: Plot, s: Series) -> None:
    points = _pixels(plot, s.x, s.y)
    drawing.add(Line(tuple(points), s.colour, 1.2 if s.dash else 2, s.dash))
    if not s.marks:
        return
    for (px, py), low, high in zip(points, s.low or s.y, s.high or s.y, strict=True):
        drawing.add(
            Line(((px, plot.py(low)), (px, plot.py(high))), s.colour, 1.2),
            Mark(px, py, 7, "circle", s.colour),
        )


def _threshold(
    drawing: Drawing,
    plot: Plot,
    t: Threshold,
    size: float,
    taken: list[Taken],
    strips: list[Taken],
) -> None:
    """Name a threshold beside its line, where nothing else is; draw it too when it is level."""
    small = size - 1
    if t.x is not None:
        x = plot.px(t.x)
        text = fit(t.label, max(drawing.width - x, x - plot.left) - 8, small)
        width = text_width(text, small)
        sides = [
            side for side in (x + 5, x - 5 - width) if plot.left <= side <= drawing.width - width
        ]
        heights = range(int(plot.bottom) - 12, int(plot.top) + 9, -9)
        spots = [Taken(left, y - 9, left + width, y + 9) for y in heights for left in sides]
        spot = min(spots, key=lambda a: _touches(a, [*taken, *strips]))
        if _touches(
            spot, [*taken, *strips]
        ):  # what it must cross is interrupted, so that it can be read
            drawing.add(Box(spot.left - 2, spot.top, width + 4, 18, "paper"))
        drawing.add(Text(spot.left, (spot.top + spot.bottom) / 2, text, small, "muted"))
        taken.append(spot)
    if t.y is not None:
        y = plot.py(t.y)
        text = fit(t.label, plot.right - plot.left, small)
        drawing.add(
            Line(((plot.left, y), (plot.right, y)), "muted", 1, dash=True),
            Text(plot.left + 4, y - 9, text, small, "muted"),
        )
        taken.append(Taken(plot.left, y - 18, plot.left + 4 + text_width(text, small), y + 1))


def _touches(area: Taken, others: Sequence[Taken]) -> int:
    """Return how many of the others an area touches."""
    return sum(area.touches(other) for other in others)


def _hugging(plot: Plot, s: Series, room: float = 2) -> list[Taken]:
    """Return rectangles along a line, ``room`` to each side, so that labels keep off it."""
    found = []
    points = _pixels(plot, s.x, s.y)
    for (x0, y0), (x1, y1) in pairwise(points):
        pieces = max(1, int(max(abs(x1 - x0), abs(y1 - y0)) / 6))
        for k in range(pieces + 1):
            x, y = x0 + (x1 - x0) * k / pieces, y0 + (y1 - y0) * k / pieces
            found.append(Taken(x - 2, y - room, x + 2, y + room))
    if s.marks and s.low:
        for x, low, high in zip(s.x, s.low, s.high, strict=True):
            found.append(Taken(plot.px(x) - 4, plot.py(high), plot.px(x) + 4, plot.py(low)))
    return found


def _label(
    drawing: Drawing,
    plot: Plot,
    s: Series,
    size: float,
    taken: list[Taken],
    others: list[Taken],
    strips: list[Taken],
) -> Taken:
    """Write a label close to its own line and return where it stands.

    It touches nothing ``taken`` where that can be, then keeps off ``others``, the surroundings of
    the other lines, and at last off ``strips``, the thresholds.
    """
    text = fit(s.label, plot.right - plot.left, size)
    width, half = text_width(text, size, bold=True), size * 0.62
    points = _pixels(plot, s.x, s.y)
    near = [(-width / 2, -14), (8, 13), (-width - 8, -13), (8, -13), (-width - 8, 13)]
    far = [(dx, 1.9 * dy) for dx, dy in near]
    spots = []
    for dx, dy in [*near, *far]:
        for share in (0.5, 0.35, 0.65, 0.2, 0.8, 0.08, 0.92):
            x, y = _along(points, plot.left + share * (plot.right - plot.left))
            area = Taken(x + dx, y + dy - half, x + dx + width, y + dy + half)
            if (
                area.left >= plot.left
                and area.right <= drawing.width
                and area.top >= plot.top
                and area.bottom <= plot.bottom
            ):
                spots.append(area)
    corner = Taken(plot.left + 4, plot.top, plot.left + 4 + width, plot.top + 2 * half)

    def cost(a: Taken) -> tuple[int, bool, int]:
        return _touches(a, taken), _touches(a, others) > 0, _touches(a, strips)

    spot = min(spots or [corner], key=cost)
    if _touches(spot, strips):  # a threshold is interrupted, so that the name can be read
        drawing.add(Box(spot.left - 2, spot.top, width + 4, 2 * half, "paper"))
    middle = (spot.top + spot.bottom) / 2
    drawing.add(Text(spot.left, middle, text, size, _ink(s.colour), bold=True))
    return spot


def _ink(colour: str) -> str:
    return "accent" if colour == "accent" else "muted"


def _along(points: list[tuple[float, float]], x: float) -> tuple[float, float]:
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= x <= x1:
            share = (x - x0) / (x1 - x0) if x1 > x0 else 0.0
            return x, y0 + share * (y1 - y0)
    return points[-1] if x > points[-1][0] else points[0]
