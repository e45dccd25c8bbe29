"""Tornado: how far a result moves when one assumption moves, the widest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from undercut.pipeline.report.svg.shapes import Box, Drawing, Line, Text, fit, text_width


@dataclass(frozen=True)
class Swing:
    """One assumption: the result at its low end and at its high end, and these ends as written."""

    label: str
    at_low: float
    at_high: float
    low: str
    high: str


def tornado(
    swings: Sequence[Swing], base: float, write: Callable[[float], str], width: float, note: str
) -> Drawing:
    """Draw the swings around the base; the low end in grey, the high end in the accent colour."""
    size = 13.0 if width >= 480 else 12.0
    row, top, side = 46.0, 44.0, 6.0
    drawing = Drawing(width, top + row * len(swings) + 8)
    ends = [base, *(v for s in swings for v in (s.at_low, s.at_high))]
    low, high = min(ends), max(ends)
    room = (high - low) or abs(base) or 1.0
    # Ends carry their figure outside the bar, so the scale leaves room for it on both sides.
    edge = max((text_width(_end(s, write, part), size - 1) for s in swings for part in (0, 1)),
               default=0.0) + 10  # fmt: skip
    edge = min(edge, 0.34 * width)

    def px(value: float) -> float:
        return edge + (value - low) / room * (width - 2 * edge)

    middle = px(base)
    drawing.add(
        Text(side, 10, fit(note, width - side, size - 1), size - 1, "muted"),
        Line(((middle, top - 10), (middle, drawing.height - 4)), "muted"),
    )
    base_text = f"base {write(base)}"
    half = text_width(base_text, size - 1) / 2
    at = min(max(middle, half + 2), width - half - 2)
    drawing.add(Text(at, top - 18, base_text, size - 1, "muted", "middle"))
    for i, s in enumerate(swings):
        y = top + row * i + 8
        drawing.add(Text(side, y, fit(s.label, width - 2 * side, size), size))
        _bar(drawing, s, px, middle, y + 19, size, write)
    return drawing


def _end(s: Swing, write: Callable[[float], str], part: int) -> str:
    at, end = ((s.at_low, s.low), (s.at_high, s.high))[part]
    return f"{end}: {write(at)}"


def _bar(
    drawing: Drawing,
    s: Swing,
    px: Callable[[float], float],
    middle: float,
    y: float,
    size: float,
    write: Callable[[float], str],
) -> None:
    ends = sorted(((px(s.at_low), 0), (px(s.at_high), 1)))
    for (x, part), outward in zip(ends, (-1, 1), strict=True):
        colour = ("grey", "accent")[part]
        drawing.add(Box(min(x, middle), y - 7, max(abs(x - middle), 1.0), 14, colour, 0.75))
        text = _end(s, write, part)
        anchor, at = ("end", min(x, middle) - 5) if outward < 0 else ("start", max(x, middle) + 5)
        wide = text_width(text, size - 1)
        at = max(at, wide + 2) if anchor == "end" else min(at, drawing.width - wide - 2)
        drawing.add(Text(at, y, text, size - 1, "muted", anchor))
