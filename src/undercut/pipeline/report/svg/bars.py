"""Horizontal bars with names, values and whiskers; and the waterfall, whose bars add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from undercut.pipeline.report.svg.shapes import Box, Drawing, Line, Text, fit, text_width

# Bars with whiskers are paler, so that the whisker is seen on them.
FAINT = 0.45


@dataclass(frozen=True)
class Bar:
    """One bar from ``start`` to ``value`` in data units, with its whisker."""

    label: str
    value: float
    written: str
    start: float = 0.0
    low: float | None = None
    high: float | None = None
    colour: str = "accent"
    total: bool = False


def bars(items: Sequence[Bar], highest: float, width: float, note: str = "") -> Drawing:
    """Draw bars from zero, one row each; on a narrow canvas names stand above their bars.

    Args:
        items: the bars, top to bottom.
        highest: value at the right end of the scale, above 0.
        width: pixels.
        note: what is measured, with unit; written above.
    """
    size = 13.0 if width >= 480 else 12.0
    stacked = width < 480
    names = max(text_width(b.label, size) for b in items)
    left = 4.0 if stacked else min(names + 12, 0.42 * width)
    values = max(text_width(b.written, size, b.total) for b in items) + 12
    right = width - values
    row, thick = (42.0, 14.0) if stacked else (26.0, 15.0)
    top = 26.0 if note else 6.0
    drawing = Drawing(width, top + row * len(items) + 6)
    if note:
        drawing.add(Text(left, 10, fit(note, width - left, size - 1), size - 1, "muted"))
    drawing.add(Line(((left, top - 2), (left, drawing.height - 4)), "muted"))

    def px(value: float) -> float:
        return left + max(0.0, min(value / highest, 1.0)) * (right - left)

    for i, b in enumerate(items):
        y = top + row * i + row / 2 + (8 if stacked else 0)
        _name(drawing, b, left, y, size, stacked)
        start, end = px(b.start), px(b.value)
        drawing.add(
            Box(min(start, end), y - thick / 2, max(abs(end - start), 1.0), thick, b.colour,
                FAINT if b.low is not None else 1.0)
        )  # fmt: skip
        reach = max(start, end)
        if b.low is not None and b.high is not None:
            drawing.add(
                Line(((px(b.low), y), (px(b.high), y)), "ink", 1.2),
                Line(((px(b.low), y - 3), (px(b.low), y + 3)), "ink", 1.2),
                Line(((px(b.high), y - 3), (px(b.high), y + 3)), "ink", 1.2),
            )
            reach = max(reach, px(b.high))
        drawing.add(Text(reach + 7, y, b.written, size, bold=b.total))
    return drawing


def _name(drawing: Drawing, b: Bar, left: float, y: float, size: float, stacked: bool) -> None:
    if stacked:
        text = fit(b.label, drawing.width - left - 4, size)
        drawing.add(Text(left + 4, y - 17, text, size, bold=b.total))
    else:
        text = fit(b.label, left - 12, size)
        drawing.add(Text(left - 8, y, text, size, anchor="end", bold=b.total))


def waterfall(
    parts: Sequence[tuple[str, float, str]], total: tuple[str, str], width: float, note: str = ""
) -> Drawing:
    """Draw parts that add up to a total: each bar starts where the one above ended.

    Args:
        parts: name, value of at least 0, and the value as written.
        total: name of the sum and the sum as written.
        width: pixels.
        note: what is measured, with unit.
    """
    items, reached = [], 0.0
    for label, value, written in parts:
        items.append(Bar(label, reached + value, written, start=reached))
        reached += value
    items.append(Bar(total[0], reached, total[1], colour="muted", total=True))
    return bars(items, reached or 1.0, width, note)
