"""What every reader gives: named columns of cells, and the line each record starts on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from undercut.core.errors import Problem, UndercutError

LISTED = 20


class Nested(str):
    """A JSON list or object in a cell, kept as its JSON text so that it can be shown."""


@dataclass
class Table:
    """The records of one file.

    Attributes:
        name: how the file is called in messages.
        columns: names; ``1``, ``2``, ... when the file has none.
        header: whether the file names its columns.
        rows: cells of each record, as many as there are columns; ``None`` is absent.
        lines: physical line each record starts on, from 1.
        notes: what was decided or dropped while reading.
        problems: (line, problem) of records that cannot be used.
        parts: ``train``, ``valid`` or ``test`` for each row, when the file says so itself.
        unclear: why the columns may not be what they seem; raised when they are not given.
        places: ``file:line`` of each row, when the rows come from several files.
    """

    name: str
    columns: list[str]
    header: bool
    rows: list[list[str | None]]
    lines: list[int]
    notes: list[str] = field(default_factory=list)
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    parts: list[str] | None = None
    places: list[str] | None = None
    unclear: Problem | None = None

    def place(self, row: int) -> str:
        """Return ``file:line`` of a row."""
        return self.places[row] if self.places else f"{self.name}:{self.lines[row]}"

    def cells(self, column: int) -> list[str | None]:
        """Return the cells of a column."""
        return [row[column] for row in self.rows]


def shown(text: str | None, width: int = 48) -> str:
    """Return a text on one line, cut to ``width`` characters, in quotes."""
    flat = " ".join((text or "").split())
    return f'"{flat if len(flat) <= width else flat[: width - 3] + "..."}"'


def count(n: int, one: str, many: str = "") -> str:
    """Return ``1 row`` or ``12 rows``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def raise_rows(problems: Iterable[tuple[int, Problem]], total: int = 0) -> None:
    """Raise one error for all bad rows, in the order of the file; the listing is capped.

    Args:
        problems: (line, problem) of bad rows.
        total: how many there are, when not all are among ``problems``.

    Raises:
        UndercutError: code ``data-rows``, when there is any problem.
    """
    listed = [p for _, p in sorted(problems, key=lambda at: at[0])]
    if not listed:
        return
    more = max(total, len(listed)) - LISTED
    if more > 0:
        file = listed[0].where.rpartition(":")[0]
        bad = f"{LISTED} bad rows, listed here, and {more:,} more"
        rest = Problem("every row to be usable", bad, file)
        listed = [*listed[:LISTED], rest]
    raise UndercutError("data-rows", listed)
