"""Labelled files read without stopping at the first bad row: what can be used, and what cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from undercut.core.errors import fail
from undercut.core.types import Examples
from undercut.data.columns import Choice, choose
from undercut.data.own_splits import nothing_to_learn_from
from undercut.data.read import read_table
from undercut.data.rows import Rows
from undercut.data.sources import resolve
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
    """

    path: Path
    table: Table
    choice: Choice
    kept: list[int] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)

    def row(self, at: int) -> str:
        """Return ``file:line`` of a position in the table."""
        return self.table.place(at)


@dataclass(frozen=True)
class Usable:
    """Rows of all files that have a text and a label, and where they came from."""

    gathered: Rows = field(default_factory=Rows)
    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> Examples:
        """Return the rows."""
        return self.gathered.examples()

    @property
    def bad(self) -> list[Bad]:
        """Rows that cannot be used, file by file."""
        return [b for source in self.sources for b in source.bad]


def read_sets(
    train: Sequence[Path],
    valid: Sequence[Path],
    test: Sequence[Path],
    task: Any,
    text_column: str | None = None,
    label_column: str | None = None,
) -> dict[str, Usable]:
    """Read labelled files; bad rows are told, not raised.

    Args:
        train: files, folders or ``-``; rows that come with a part of their own go there.
        valid: the same for rows to choose on; they win over such parts of ``train``.
        test: the same for rows held out.
        task: the task.
        text_column: name, or number from 1; found by itself when None.
        label_column: the same for the label.

    Returns:
        The rows of ``train``, and of ``valid`` and ``test`` where there are some.

    Raises:
        UndercutError: a file that cannot be read at all, or unclear columns.
    """
    if not train:
        raise fail("data-none", expected="a labelled file", found="none")
    files = resolve(train, valid, test)
    wanted = {c for c in (text_column, label_column) if c and not c.isdecimal()}
    like: tuple[list[str], Choice] | None = None
    sets = {"train": Usable(notes=list(files.notes))}
    for role, paths in (("train", files.train), ("valid", files.valid), ("test", files.test)):
        if paths and role in sets and role != "train":
            del sets[role]
        for path in paths:
            table = read_table(
                path, files.names[path], frozenset(wanted | set(like[0] if like else ()))
            )
            choice = choose(table, text_column, label_column, like)
            like = like or (table.columns, choice)
            source = Source(path, table, choice)
            source.bad = [
                Bad("unreadable", f"{table.name}:{line}", f"expected {p.expected}; found {p.found}")
                for line, p in table.problems
            ]
            home = sets.setdefault(role, Usable())
            home.sources.append(source)
            home.notes.extend([*table.notes, choice.note] if choice.note else table.notes)
            _sort_rows(source, role, sets, task)
    if len(sets) > 1 and not len(sets["train"].gathered) and not sets["train"].bad:
        others = [part for part in sets if part != "train"]
        raise nothing_to_learn_from(others, [files.names[p] for p in files.train])
    return sets


def _sort_rows(source: Source, role: str, sets: dict[str, Usable], task: Any) -> None:
    """Put the good rows of a file into their sets, and the bad ones on its list."""
    table, choice = source.table, source.choice
    parts = table.parts
    for at, cells in enumerate(table.rows):
        text, label = cells[choice.text], cells[choice.label]
        if (bad := _fault(text, label, task)) is not None:
            source.bad.append(Bad(bad[0], source.row(at), bad[1]))
            continue
        part = parts[at] if parts else role
        if role != "train":
            if parts and role in parts and part != role:
                continue
            part = role
        source.kept.append(at)
        to = sets.setdefault(part, Usable()).gathered
        to.inputs.append(str(text))
        to.targets.append(task.check_target(label))
        to.rows.append(source.row(at))


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
