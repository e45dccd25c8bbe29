"""What a chart and a table of the report are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from undercut.pipeline.report.svg.shapes import Drawing


@dataclass(frozen=True)
class Column:
    """A column's name; ``right`` for figures; ``kind`` ``text`` or ``label`` lets it wrap."""

    name: str
    right: bool = False
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """Cells already written out; ``empty`` is said instead when there are no rows."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "Nothing to list."
    strong: int | None = None


@dataclass(frozen=True)
class Figure:
    """A chart: its question, its answer, its shapes at a width in pixels, its data.

    ``draw`` is ``None`` when there is nothing to draw; ``answer`` then says why. A ``lead`` figure
    takes the whole width of a large page. ``trace`` is where each row of the table lies along the
    plot, 0 left and 1 right, for the line that a reader can move.
    """

    name: str
    question: str
    answer: str
    draw: Callable[[float], Drawing] | None
    table: Table
    note: str = ""
    lead: bool = False
    trace: tuple[float, ...] = ()


def columns(*names: str) -> tuple[Column, ...]:
    """Return columns from names: ``>`` right-aligned, ``*`` long text, ``~`` a user's name."""
    kinds = {"*": "text", "~": "label"}
    return tuple(Column(n.lstrip(">*~"), n[0] == ">", kinds.get(n[0], "")) for n in names)
