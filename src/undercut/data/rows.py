"""Rows of a file as examples: every text and label checked, bad rows told with file and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from undercut.core.errors import Problem
from undercut.core.types import Examples
from undercut.data.big import Big
from undercut.data.columns import Choice
from undercut.data.kept import Places, Spool, Texts
from undercut.data.table import Nested, Table, shown

KEPT = 1000
LISTED = 100

Fault = Literal["unreadable", "empty", "missing-label"]


@dataclass
class Rows:
    """Examples being gathered, in memory or with the texts on disk."""

    inputs: Any = field(default_factory=list)
    targets: list[Any] = field(default_factory=list)
    rows: Any = field(default_factory=list)

    @classmethod
    def on_disk(cls, spool: Spool, names: dict[str, int]) -> Rows:
        """Return rows whose texts are kept in a file."""
        return cls(Texts(spool), [], Places(names))

    def __len__(self) -> int:
        return len(self.inputs)

    def add(self, text: str, target: Any, place: str) -> None:
        """Add a row."""
        self.inputs.append(text)
        self.targets.append(target)
        self.rows.append(place)

    def extend(self, other: Rows) -> None:
        """Add rows that are kept in the same way."""
        self.inputs.extend(other.inputs)
        self.targets.extend(other.targets)
        self.rows.extend(other.rows)

    def examples(self) -> Examples:
        """Return what was gathered, without copying it."""
        return Examples(self.inputs, self.targets, self.rows)


class Row(NamedTuple):
    """A record of a file, judged.

    Attributes:
        at: its number among the records that have cells, from 0; -1 when it has none.
        place: ``file:line``.
        part: ``train``, ``valid`` or ``test``; ``train`` when the file says nothing.
        cells: what it holds; None when it could not be read.
        text: the text, when it can be used.
        target: the parsed label, when it can be used.
        faults: what is wrong: fault, line, problem; empty for a good row.
    """

    at: int
    place: str
    part: str
    cells: list[str | None] | None
    text: str = ""
    target: Any = None
    faults: tuple[tuple[Fault, int, Problem], ...] = ()


@dataclass
class Refused:
    """Rows that cannot be used.

    Attributes:
        rows: how many of each fault; a row counts once.
        first: places of the first of each fault, at most ``LISTED``.
        why: what is wrong with the first that cannot be read.
        problems: (line, problem), at most ``KEPT``; a row without text and label has two.
        found: how many problems there are.
    """

    rows: Counter[Fault] = field(default_factory=Counter)
    first: dict[Fault, list[str]] = field(default_factory=dict)
    why: str = ""
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    found: int = 0

    def add(self, row: Row) -> None:
        """Count a row that has faults."""
        fault, _, problem = row.faults[0]
        if fault == "unreadable" and not self.rows[fault]:
            self.why = f"expected {problem.expected}; found {problem.found}"
        self.rows[fault] += 1
        listed = self.first.setdefault(fault, [])
        if len(listed) < LISTED:
            listed.append(row.place)
        self.found += len(row.faults)
        if len(self.problems) < KEPT:
            self.problems += [(line, p) for _, line, p in row.faults]

    def merge(self, other: Refused) -> None:
        """Add those of a later file."""
        self.why = self.why or other.why
        self.rows.update(other.rows)
        for fault, places in other.first.items():
            listed = self.first.setdefault(fault, [])
            listed += places[: LISTED - len(listed)]


def _problem(column: str, role: str, cell: str | None, where: str) -> tuple[Fault, Problem]:
    found = f"nothing in column '{column}'"
    fault: Fault = "empty" if role == "text" else "missing-label"
    if isinstance(cell, Nested):
        found = f"a list or object in column '{column}': {shown(cell)}"
        fault = "unreadable"
    expected = "a text" if role == "text" else "one label"
    mend = (
        "Fill it in or delete the row, or let 'undercut check FILE --fix' write a copy without it."
    )
    return fault, Problem(expected, found, where, mend)


Record = tuple[int, str, str, list[str | None] | Problem]


def _records(source: Table | Big) -> Iterator[Record]:
    """Yield (line, file:line, part, cells or problem) of records; a table's bad ones first."""
    if isinstance(source, Table):
        for line, problem in source.problems:
            yield line, problem.where, "train", problem
        parts = source.parts
        for i, (line, cells) in enumerate(zip(source.lines, source.rows, strict=True)):
            yield line, source.place(i), parts[i] if parts else "train", cells
        return
    name, part_of_row = source.sample.name, source.part_of_row()
    for line, found in source.records():
        part = "train" if isinstance(found, Problem) else part_of_row(found)
        yield line, f"{name}:{line}", part, found


def judged(source: Table | Big, choice: Choice, task: Any) -> Iterator[Row]:
    """Yield every record of a file, with what is wrong with it.

    Args:
        source: the file.
        choice: its columns.
        task: says whether a target is one (``check_target``).
    """
    columns = source.columns if isinstance(source, Table) else source.sample.columns
    named = {"text": columns[choice.text], "label": columns[choice.label]}
    parsed: dict[str, Any] = {}
    at = -1
    for line, place, part, cells in _records(source):
        if isinstance(cells, Problem):
            yield Row(-1, place, part, None, faults=(("unreadable", line, cells),))
            continue
        at += 1
        text, cell = cells[choice.text], cells[choice.label]
        faults: list[tuple[Fault, Problem]] = []
        if not text or isinstance(text, Nested) or not text.strip():
            faults.append(_problem(named["text"], "text", text, place))
        if cell is None or isinstance(cell, Nested) or not cell.strip():
            faults.append(_problem(named["label"], "label", cell, place))
        elif cell not in parsed:
            try:
                parsed[cell] = task.check_target(cell)
            except ValueError as e:
                faults.append(("missing-label", Problem("one label", str(e), place)))
        if faults:
            # A list or an object where a text or label belongs weighs more than an empty cell.
            faults.sort(key=lambda f: f[0] != "unreadable")
            yield Row(at, place, part, cells, faults=tuple((f, line, p) for f, p in faults))
        else:
            yield Row(at, place, part, cells, str(text), parsed[str(cell)])
