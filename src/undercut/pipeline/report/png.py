"""The charts as PNG at twice their size in pixels, with question, answer and note on them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from undercut.pipeline.report.figures.figure import Figure
from undercut.pipeline.report.fonts import INSTALL, Numbers, choose
from undercut.pipeline.report.svg.shapes import (
    BOLD,
    Area,
    Box,
    Drawing,
    Line,
    Mark,
    Shape,
    Text,
    moved,
    wrap,
)
from undercut.pipeline.report.svg.write import corners

WIDTH = 720.0
MARGIN = 26.0
PER_INCH = 100.0
MISSING = 'The charts are not saved as PNG: no matplotlib. Run: pip install "undercut[plots]"'
COLOURS = {
    "ink": "#1b1f24", "paper": "#fcfcfa", "muted": "#626a73", "rule": "#e3e3de",
    "accent": "#0b6bcb", "good": "#1a7f4b", "bad": "#b42318", "warn": "#9a6700", "grey": "#7d858d",
}  # fmt: skip


@dataclass(frozen=True)
class Plots:
    """What was written: file names below the report's folder, notes, and numbers' meaning."""

    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    key: dict[str, str] = field(default_factory=dict)


def write_plots(figures: Iterable[Figure], folder: Path) -> Plots:
    """Write ``folder/plots/<name>.png`` for every chart that has something to draw.

    Without matplotlib nothing is written and the notes hold the command that installs it. Letters
    that no installed font has are numbered, and the notes say how to get a font.
    """
    figures = list(figures)
    if importlib.util.find_spec("matplotlib") is None:
        return Plots(notes=[MISSING])
    sheets = {f.name: _sheet(f, lambda text: text) for f in figures if f.draw is not None}
    families, have = choose(t.text for sheet in sheets.values() for t in sheet.texts())
    numbers = Numbers(have)
    target = folder / "plots"
    target.mkdir(parents=True, exist_ok=True)
    files = []
    for f in figures:
        path = target / f"{f.name}.png"
        if f.draw is None:
            path.unlink(missing_ok=True)
            continue
        _save(_sheet(f, numbers.write), families, numbers.write, path)
        files.append(f"plots/{path.name}")
    return Plots(files, [INSTALL] if numbers.key else [], numbers.key)


def _sheet(f: Figure, write: Callable[[str], str]) -> Drawing:
    """Return the chart with its words around it; ``write`` makes the words drawable."""
    assert f.draw is not None
    chart = f.draw(WIDTH - 2 * MARGIN)
    room = WIDTH - 2 * MARGIN
    title = wrap(write(f.question), room / BOLD, 20)
    answer = wrap(write(f.answer), room, 14)
    note = wrap(write(f.note), room, 12)
    sheet = Drawing(WIDTH, 0)
    y = MARGIN + 6
    for line in title:
        sheet.add(Text(MARGIN, y, line, 20, "ink", bold=True))
        y += 27
    for line in answer:
        sheet.add(Text(MARGIN, y, line, 14, "ink"))
        y += 20
    y += 8
    sheet.add(*(moved(s, MARGIN, y) for s in chart.shapes))
    y += chart.height + 16
    for line in note:
        sheet.add(Text(MARGIN, y, line, 12, "muted"))
        y += 17
    sheet.height = y + MARGIN - 12
    return sheet


def _save(sheet: Drawing, families: list[str], write: Callable[[str], str], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(
        figsize=(sheet.width / PER_INCH, sheet.height / PER_INCH),
        dpi=2 * PER_INCH,
        facecolor=COLOURS["paper"],
    )
    FigureCanvasAgg(canvas)
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, sheet.width)
    axes.set_ylim(sheet.height, 0)
    for order, shape in enumerate(sheet.shapes):
        _draw(axes, shape, order, families, write)
    temporary = path.with_name(f".{path.name}.tmp")
    form: dict[str, Any] = {
        "format": "png",
        "metadata": {"Software": None},
        "pil_kwargs": {"compress_level": 4},
    }
    try:
        canvas.savefig(temporary, **form)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _draw(
    axes: Any, s: Shape, order: int, families: list[str], write: Callable[[str], str]
) -> None:
    from matplotlib import patches
    from matplotlib.lines import Line2D

    point = 72 / PER_INCH
    colour = COLOURS[s.colour]
    if isinstance(s, Line):
        xs, ys = zip(*s.points, strict=True)
        axes.add_artist(
            Line2D(xs, ys, color=colour, linewidth=s.width * point, zorder=order,
                   linestyle=(0, (4, 3)) if s.dash else "-", solid_capstyle="butt")
        )  # fmt: skip
    elif isinstance(s, Area):
        axes.add_artist(
            patches.Polygon(s.points, color=colour, alpha=s.opacity, linewidth=0, zorder=order)
        )
    elif isinstance(s, Box):
        axes.add_artist(
            patches.Rectangle((s.x, s.y), s.width, s.height, facecolor=colour, alpha=s.opacity,
                              linewidth=0, zorder=order)
        )  # fmt: skip
        if s.outline:
            axes.add_artist(
                patches.Rectangle((s.x, s.y), s.width, s.height, fill=False, linewidth=point,
                                  edgecolor=COLOURS[s.outline], zorder=order)
            )  # fmt: skip
    elif isinstance(s, Mark):
        look: dict[str, Any] = {
            "facecolor": COLOURS["paper"] if s.hollow else colour, "edgecolor": colour,
            "linewidth": 1.5 * point, "zorder": order,
        }  # fmt: skip
        patch: Any = (
            patches.Circle((s.x, s.y), s.size / 2, **look)
            if s.shape == "circle"
            else patches.Polygon(corners(s), **look)
        )
        axes.add_artist(patch)
    else:
        axes.text(
            s.x, s.y + 0.35 * s.size, write(s.text), fontsize=s.size * point, color=colour,
            ha={"start": "left", "middle": "center", "end": "right"}[s.anchor], va="baseline",
            fontfamily=families, fontweight="bold" if s.bold else "normal", zorder=order,
            parse_math=False,
        )  # fmt: skip
