"""Heat-map of counts with numbered columns, readable with long names and on a narrow screen."""

from __future__ import annotations

from collections.abc import Sequence

from undercut.pipeline.report.svg.shapes import Box, Drawing, Text, fit, text_width

# Of the accent over paper; text in ink keeps a contrast of 4.5:1 on it, light and dark.
DEEPEST = 0.5


def heatmap(
    labels: Sequence[str],
    counts: Sequence[Sequence[int]],
    width: float,
    rows_name: str = "labelled",
    columns_name: str = "answered",
) -> Drawing:
    """Draw counts, rows by columns of the same classes; the diagonal is written without colour.

    Args:
        labels: one name a row; columns bear the rows' numbers.
        counts: ``counts[i][j]`` rows of class i answered as class j.
        width: pixels.
        rows_name: what a row means.
        columns_name: what a column means.
    """
    n = len(labels)
    size = 13.0 if width >= 480 else 12.0
    corner = f"{rows_name} ↓"
    stacked = width < 480
    cell = min(38.0, (width - 8 - 24) / n) if stacked else 0.0
    if stacked:
        left = 24.0
    else:
        widest = max(text_width(label, size) for label in labels) + 34
        left = max(min(widest, 0.5 * width), text_width(corner, size - 1) + 8)
        cell = min(38.0, (width - left - 4) / n)
    top = 44.0
    grid = top + cell * n
    drawing = Drawing(width, grid + 8)
    deepest = max((counts[i][j] for i in range(n) for j in range(n) if i != j), default=0)
    drawing.add(Text(left, 10, f"{columns_name} →", size - 1, "muted"))
    drawing.add(Text(left - 6, top - 12, corner if not stacked else "↓", size - 1,
                     "muted", "end"))  # fmt: skip
    for i in range(n):
        middle = top + cell * (i + 0.5)
        drawing.add(
            Text(left + cell * (i + 0.5), top - 12, str(i + 1), size - 1, "muted", "middle")
        )
        if stacked:
            drawing.add(Text(left - 6, middle, str(i + 1), size - 1, "muted", "end"))
        else:
            room = left - 32
            drawing.add(
                Text(left - 28, middle, fit(labels[i], room, size), size, anchor="end"),
                Text(left - 6, middle, str(i + 1), size - 1, "muted", "end"),
            )
        for j in range(n):
            _cell(drawing, left + cell * j, top + cell * i, cell, counts[i][j], deepest, i == j,
                  f"{labels[i]} → {labels[j]}: {counts[i][j]}", size)  # fmt: skip
    if stacked:
        _key(drawing, labels, size)
    return drawing


def _cell(
    drawing: Drawing,
    x: float,
    y: float,
    cell: float,
    count: int,
    deepest: int,
    diagonal: bool,
    hint: str,
    size: float,
) -> None:
    shade = 0.0 if diagonal or not deepest else DEEPEST * count / deepest
    colour = "rule" if diagonal else "accent"
    opacity = 0.45 if diagonal else shade
    drawing.add(Box(x, y, cell, cell, colour, opacity, outline="rule", hint=hint))
    if count:
        small = min(size, cell * 0.62, (cell - 2) / text_width(str(count), 1))
        colour = "muted" if diagonal else "ink"
        middle = x + cell / 2
        drawing.add(Text(middle, y + cell / 2, str(count), small, colour, "middle"))


def _key(drawing: Drawing, labels: Sequence[str], size: float) -> None:
    y = drawing.height + 10
    for i, label in enumerate(labels, 1):
        drawing.add(
            Text(24, y, str(i), size, "muted", "end"),
            Text(32, y, fit(label, drawing.width - 34, size), size),
        )
        y += size * 1.5
    drawing.height = y + 2
