"""Labelled files read without stopping at the first bad row: what can be used, and what cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from undercut.core.errors import fail
from undercut.core.types import Examples
from undercut.data.columns import Choice, choose
from undercut.data.read import read_table
from undercut.data.table import Nested, Table

Fault = Literal["unreadable", "empty", "missing-label"]


@dataclass(frozen=True)
class Bad:
    """A row that cannot be used."""

    fault: Fault
    row: str
    why: str


@dataclass
class Source:
    """One file: its table, its columns, and which of its rows were kept.

    Attributes:
        kept: positions in ``table.rows`` of the usable rows, in order.
        first: place of the first of them among the rows of all files.
    """

    path: Path
    table: Table
    choice: Choice
    kept: list[int] = field(default_factory=list)
    first: int = 0
    bad: list[Bad] = field(default_factory=list)

    def row(self, at: int) -> str:
        """Return ``file:line`` of a position in the table."""
        return f"{self.table.name}:{self.table.lines[at]}"


@dataclass(frozen=True)
class Usable:
    """Rows of all files that have a text and a label, and where they came from."""

    rows: Examples
    sources: list[Source]
    notes: list[str]

    @property
    def bad(self) -> list[Bad]:
        """Rows that cannot be used, file by file."""
        return [b for source in self.sources for b in source.bad]


def read_usable(
    paths: Sequence[Path],
    task: Any,
    text_column: str | None = None,
    label_column: str | None = None,
    like: Usable | None = None,
) -> Usable:
    """Read labelled files; bad rows are told, not raised.

    Args:
        paths: labelled files.
        task: the task.
        text_column: name, or number from 1; found by itself when None.
        label_column: the same for the label.
        like: files read before, whose columns these follow.

    Raises:
        UndercutError: a file that cannot be read at all, or unclear columns.
    """
    if not paths:
        raise fail("data-none", expected="a labelled file", found="none")
    often = Counter(p.name for p in paths)
    given = {c for c in (text_column, label_column) if c and not c.isdecimal()}
    before = (like.sources[0].table.columns, like.sources[0].choice) if like else None
    notes: list[str] = []
    sources: list[Source] = []
    inputs: list[Any] = []
    targets: list[Any] = []
    rows: list[str] = []
    for path in paths:
        name = path.name if often[path.name] == 1 else str(path)
        table = read_table(path, name, frozenset(given | set(before[0] if before else ())))
        choice = choose(table, text_column, label_column, before)
        before = before or (table.columns, choice)
        notes += [*table.notes, choice.note] if choice.note else table.notes
        source = Source(path, table, choice, first=len(rows))
        source.bad = [
            Bad("unreadable", f"{name}:{line}", f"expected {p.expected}; found {p.found}")
            for line, p in table.problems
        ]
        for at, cells in enumerate(table.rows):
            text, label = cells[choice.text], cells[choice.label]
            if (bad := _fault(text, label, task)) is not None:
                source.bad.append(Bad(bad[0], source.row(at), bad[1]))
                continue
            source.kept.append(at)
            inputs.append(str(text))
            targets.append(task.check_target(label))
            rows.append(source.row(at))
        sources.append(source)
    return Usable(Examples(inputs, targets, rows), sources, notes)


def _fault(text: str | None, label: str | None, task: Any) -> tuple[Fault, str] | None:
    if isinstance(text, Nested) or isinstance(label, Nested):
        return "unreadable", "a list or object where a text and one label are expected"
    if not text or not text.strip():
        return "empty", "no text"
    if label is None or not label.strip():
        return "missing-label", "no label"
    try:
        task.check_target(label)
    except ValueError as e:
        return "missing-label", str(e)
    return None
