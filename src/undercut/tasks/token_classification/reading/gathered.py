"""What reading one file yields: rows, what was decided, and what is wrong, line by line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from undercut.core.errors import Problem
from undercut.core.types import Examples
from undercut.data.table import raise_rows

KEPT = 1000


@dataclass
class Gathered:
    """Rows of one file.

    Attributes:
        name: how the file is called in messages.
        problems: (line, problem), the first ``KEPT``.
        bad: how many there are.
        counts: what the numbers of lines count, when these are not lines.
    """

    name: str
    inputs: list[Any] = field(default_factory=list)
    targets: list[Any] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    bad: int = 0
    counts: str = ""

    def place(self, line: int) -> str:
        """Return ``file:line``."""
        return f"{self.name}:{line}"

    def refuse(self, line: int, expected: str, found: str, fix: str = "") -> None:
        """Note that something on a line cannot be used."""
        if self.counts and not self.bad:
            fix = f"{fix} ({self.place(line)} is {self.counts} {line} of the file.)".strip()
        self.bad += 1
        if len(self.problems) < KEPT:
            self.problems.append((line, Problem(expected, found, self.place(line), fix)))

    def say(self, note: str) -> None:
        """Note what was decided."""
        self.notes.append(f"{self.name}: {note}.")

    def say_once(self, note: str) -> None:
        """Note what was decided, unless it was noted before."""
        if f"{self.name}: {note}." not in self.notes:
            self.say(note)

    def add(self, value: Any, target: list[Any], line: int) -> None:
        """Add a row."""
        self.inputs.append(value)
        self.targets.append(target)
        self.rows.append(self.place(line))

    def examples(self) -> Examples:
        """Return the rows.

        Raises:
            UndercutError: all that is wrong, in the order of the file (``data-rows``).
        """
        raise_rows(self.problems, self.bad)
        return Examples(self.inputs, self.targets, self.rows)
