"""Axes: scales, round ticks, and the frame of a plot."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from undercut.pipeline.report.svg.shapes import Drawing, Line, Text, text_width


@dataclass(frozen=True)
class Axis:
    """A scale from ``low`` to ``high`` in data units.

    Attributes:
        label: what is measured, with its unit; says so when the scale is logarithmic.
        low, high: ends of the axis; both above 0 when ``log``.
        log: logarithmic scale.
        write: how a tick is written.
        ticks: positions of ticks; round ones are chosen when empty.
    """

    label: str
    low: float
    high: float
    log: bool = False
    write: Callable[[float], str] = str
    ticks: tuple[float, ...] = ()

    def at(self, value: float) -> float:
        """Return the place of a value, 0 at ``low`` and 1 at ``high``."""
        if self.log:
            low, high = math.log10(self.low), math.log10(self.high)
            return (math.log10(value) - low) / (high - low)
        return (value - self.low) / (self.high - self.low)

    def marks(self, at_most: int) -> list[float]:
        """Return at most ``at_most`` tick positions (never fewer than two are asked for)."""
        found = list(self.ticks) or (
            decades(self.low, self.high) if self.log else steps(self.low, self.high, at_most)
        )
        stride = math.ceil(len(found) / max(at_most, 2))
        return found[::stride]


def decades(low: float, high: float) -> list[float]:
    """Return the powers of ten in ``[low, high]``; with 2 and 5 times them when they are few."""
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high) + 1e-9)
    fine = [float(f"{m}e{e}") for e in range(first, last + 1) for m in (1, 2, 5)]
    fine = [v for v in fine if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
    tens = [v for v in fine if f"{v:e}"[0] == "1"]
    return tens if len(tens) > 2 else fine


def steps(low: float, high: float, at_most: int) -> list[float]:
    """Return round, evenly spaced values in ``[low, high]``."""
    raw = (high - low) / max(at_most, 1)
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def around(
    values: list[float], floor: float, ceiling: float, pad: float = 0.06
) -> tuple[float, float]:
    """Return round ends that hold all values with some room, inside ``[floor, ceiling]``."""
    low, high = min(values), max(values)
    room = max((high - low) * pad, 0.002 * (ceiling - floor))
    low, high = max(floor, low - room), min(ceiling, high + room)
    step = steps(low, high, 5)
    size = step[1] - step[0] if len(step) > 1 else (high - low) / 2
    return (
        max(floor, math.floor(low / size + 1e-9) * size),
        min(ceiling, math.ceil(high / size - 1e-9) * size),
    )


def around_log(values: list[float]) -> tuple[float, float]:
    """Return ends of a logarithmic axis that hold all positive values with some room."""
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max(0.08 * (high - low), 0.15)
    return 10 ** (low - room), 10 ** (high + room)


@dataclass(frozen=True)
class Plot:
    """The rectangle of a plot and the two axes that fill it."""

    left: float
    top: float
    right: float
    bottom: float
    x: Axis
    y: Axis

    def px(self, value: float) -> float:
        """Return the pixel column of a value."""
        return self.left + self.x.at(value) * (self.right - self.left)

    def py(self, value: float) -> float:
        """Return the pixel row of a value."""
        return self.bottom - self.y.at(value) * (self.bottom - self.top)


def left_margin(axis: Axis, height: float, size: float) -> float:
    """Return the room that the tick labels of a vertical axis need."""
    written = [axis.write(v) for v in axis.marks(int(height / 36))]
    return max((text_width(t, size) for t in written), default=20) + 8


def frame(drawing: Drawing, plot: Plot, size: float, x_axis_at: float | None = None) -> None:
    """Draw grid, ticks and axis names; the name of the vertical axis stands above it."""
    for value in plot.y.marks(int((plot.bottom - plot.top) / 36)):
        y = plot.py(value)
        drawing.add(
            Line(((plot.left, y), (plot.right, y))),
            Text(plot.left - 6, y, plot.y.write(value), size - 1, "muted", "end"),
        )
    bottom = plot.bottom if x_axis_at is None else x_axis_at
    drawing.add(Line(((plot.left, bottom), (plot.right, bottom)), "muted"))
    widest = max(text_width(plot.x.write(v), size - 1) for v in plot.x.marks(99))
    for value in plot.x.marks(int((plot.right - plot.left) / (widest + 14))):
        x = plot.px(value)
        half = text_width(plot.x.write(value), size - 1) / 2
        middle = min(max(x, half), drawing.width - half)
        drawing.add(
            Line(((x, bottom), (x, bottom + 4)), "muted"),
            Text(middle, bottom + 14, plot.x.write(value), size - 1, "muted", "middle"),
        )
    drawing.add(
        Text(plot.left - left_margin(plot.y, plot.bottom - plot.top, size - 1) + 2,
             plot.top - 16, plot.y.label, size - 1, "muted"),
        Text(plot.right, bottom + 33, plot.x.label, size - 1, "muted", "end"),
    )  # fmt: skip
