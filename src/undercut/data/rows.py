"""Rows of a file as examples: every text and label checked, bad rows told with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from undercut.core.errors import Problem
from undercut.core.types import Examples
from undercut.data.big import Big
from undercut.data.columns import Choice
from undercut.data.table import Nested, Table, shown

KEPT = 1000


@dataclass
class Rows:
    """Examples being gathered."""

    inputs: list[str] = field(default_factory=list)
    targets: list[Any] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.inputs)

    def examples(self) -> Examples:
        """Return what was gathered, without copying it."""
        return Examples(self.inputs, self.targets, self.rows)


@dataclass
class Batch:
    """Rows of one file.

    Attributes:
        parts: the good rows, by ``train``, ``valid`` and ``test``; all under ``train`` when the
            file says nothing.
        problems: (line, problem) of the bad ones, the first ``KEPT``.
        bad: how many bad ones there are.
    """

    parts: dict[str, Rows] = field(default_factory=dict)
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    bad: int = 0

    def refuse(self, line: int, problem: Problem) -> None:
        """Add a bad row."""
        self.bad += 1
        if len(self.problems) < KEPT:
            self.problems.append((line, problem))


def _problem(column: str, role: str, cell: str | None, where: str) -> Problem:
    found = f"nothing in column '{column}'"
    if isinstance(cell, Nested):
        found = f"a list or object in column '{column}': {shown(cell)}"
    expected = "a text" if role == "text" else "one label"
    return Problem(expected, found, where, "Fill it in, or delete the row.")


Record = tuple[int, str, str, list[str | None] | Problem]


def _records(source: Table | Big) -> Iterator[Record]:
    """Yield (line, file:line, part, cells or problem) of every record."""
    if isinstance(source, Table):
        parts = source.parts
        for i, (line, cells) in enumerate(zip(source.lines, source.rows, strict=True)):
            yield line, source.place(i), parts[i] if parts else "train", cells
        return
    name, part_of_row = source.sample.name, source.part_of_row()
    for line, found in source.records():
        part = "train" if isinstance(found, Problem) else part_of_row(found)
        yield line, f"{name}:{line}", part, found


def batches(
    source: Table | Big, choice: Choice, task: Any, size: int | None = None
) -> Iterator[Batch]:
    """Yield the rows of a file, ``size`` records at a time; all at once when None.

    Args:
        source: the file.
        choice: its columns.
        task: says whether a target is one (``check_target``).
        size: records in a batch.
    """
    columns = source.columns if isinstance(source, Table) else source.sample.columns
    named = {"text": columns[choice.text], "label": columns[choice.label]}
    parsed: dict[str, Any] = {}
    batch, n = Batch(), 0
    for line, problem in source.problems if isinstance(source, Table) else []:
        batch.refuse(line, problem)
    for line, where, part, cells in _records(source):
        if size and n == size:
            yield batch
            batch, n = Batch(), 0
        n += 1
        if isinstance(cells, Problem):
            batch.refuse(line, cells)
            continue
        text, cell = cells[choice.text], cells[choice.label]
        good = True
        if not text or isinstance(text, Nested) or not text.strip():
            batch.refuse(line, _problem(named["text"], "text", text, where))
            good = False
        if cell is None or isinstance(cell, Nested) or not cell.strip():
            batch.refuse(line, _problem(named["label"], "label", cell, where))
            continue
        if cell not in parsed:
            try:
                parsed[cell] = task.check_target(cell)
            except ValueError as e:
                batch.refuse(line, Problem("one label", str(e), where))
                continue
        if good:
            to = batch.parts.setdefault(part, Rows())
            to.inputs.append(str(text))
            to.targets.append(parsed[cell])
            to.rows.append(where)
    yield batch
