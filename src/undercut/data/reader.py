"""Reads files one after the other; later ones follow the columns of the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from undercut.core import plugins
from undercut.core.contracts import Progress, silent
from undercut.data import big
from undercut.data.columns import Choice, choose
from undercut.data.kept import Spool
from undercut.data.read import read_table
from undercut.data.rows import Refused, Row, Rows, judged
from undercut.data.table import Table

Tick = Callable[[Progress], None]


def as_names(*columns: str | None) -> frozenset[str]:
    """Return the given columns that are names; a number says nothing about a heading."""
    return frozenset(c for c in columns if c and not c.isdecimal())


def task_of(task: Any) -> Any:
    """Return a task, given itself or its registered name."""
    return plugins.attr(plugins.get("task", task).load)() if isinstance(task, str) else task


def is_big(path: Path) -> bool:
    """Tell whether a file is read a record at a time where its format allows."""
    return path.is_file() and path.stat().st_size >= big.BIG


@dataclass
class Source:
    """One file that was read.

    Attributes:
        columns: names of the columns.
        header: whether the file names them.
        parts: the good rows, by ``train``, ``valid`` and ``test``; all under ``train`` when the
            file says nothing.
        refused: the rows that cannot be used.
        file: what the records can be read from once more; None when that was not asked for.
    """

    path: Path
    name: str
    columns: list[str]
    header: bool
    choice: Choice
    task: Any
    notes: list[str]
    parts: dict[str, Rows] = field(default_factory=dict)
    refused: Refused = field(default_factory=Refused)
    file: Table | big.Big | None = None

    def records(self) -> Iterator[Row]:
        """Yield every record once more, in the order of the file."""
        if self.file is None:
            raise ValueError("the file was not kept")
        yield from judged(self.file, self.choice, self.task)


class Reader:
    """Files of one data set.

    Args:
        names: how each file is called in messages.
        text: name or number of the text column; found when None.
        label: the same for the label.
        task: the task, or its registered name.
        spill: keep the texts in a temporary file instead of in memory.
        keep: let the records be read again (a small file's table is held for that).
        tick: told the bytes read.
    """

    def __init__(
        self,
        names: dict[Path, str],
        text: str | None,
        label: str | None,
        task: Any,
        *,
        spill: bool = False,
        keep: bool = False,
        tick: Tick = silent,
    ) -> None:
        self.names, self.text, self.label = names, text, label
        self.task, self.keep, self.tick = task_of(task), keep, tick
        self.like: tuple[list[str], Choice] | None = None
        self._spool = Spool(tick) if spill else None
        self._places: dict[str, int] = {}

    def rows(self) -> Rows:
        """Return no rows, to gather some in."""
        return Rows() if self._spool is None else Rows.on_disk(self._spool, self._places)

    def read(self, path: Path) -> Source:
        """Return a file's rows; bad ones are told in ``Source.refused``, not raised.

        Raises:
            UndercutError: an unreadable file, or unclear columns.
        """
        name = self.names[path]
        known = as_names(*self.like[0]) if self.like else frozenset()
        wanted = as_names(self.text, self.label) | known
        opened = big.open_big(path, name, wanted, self.tick)
        file: Table | big.Big = opened or read_table(path, name, wanted)
        table = file if isinstance(file, Table) else file.sample
        choice = choose(table, self.text, self.label, self.like)
        self.like = self.like or (table.columns, choice)
        notes = [*table.notes, choice.note] if choice.note else table.notes
        source = Source(path, name, table.columns, table.header, choice, self.task, notes)
        for row in judged(file, choice, self.task):
            if row.faults:
                source.refused.add(row)
            else:
                if row.part not in source.parts:
                    source.parts[row.part] = self.rows()
                source.parts[row.part].add(row.text, row.target, row.place)
        source.file = file if self.keep else None
        return source
