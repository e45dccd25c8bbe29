"""Errors a user can act on: what was expected, what was found, how to mend it.

Every error the product raises on purpose is an :class:`UndercutError`. The command line
prints it without a traceback and exits with status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in three parts.

    Attributes:
        expected: what the program needs, in a few words.
        found: what is there instead.
        where: file and row, option name or environment variable; empty when not applicable.
        fix: the command or edit that mends it; empty when there is none.
    """

    expected: str
    found: str
    where: str = ""
    fix: str = ""

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        text = f"{head}expected {self.expected}; found {self.found}."
        return f"{text} {self.fix}" if self.fix else text


class UndercutError(Exception):
    """Bad input, a missing extra, or a refused operation; all mistakes at once.

    Attributes:
        code: a stable short code such as ``data-columns``, explained in the docs.
        problems: one :class:`Problem` a mistake, at least one.
    """

    exit_code = 2

    def __init__(self, code: str, problems: Problem | Iterable[Problem]) -> None:
        self.code = code
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type, tuple[str, list[Problem]]]:
        return type(self), (self.code, self.problems)


class MissingExtra(UndercutError):
    """A plug-in needs packages that are not installed."""


class IntegrityError(UndercutError):
    """A file on disk is not what its manifest says: torn, edited or of another version."""


def fail(code: str, *, expected: str, found: str, where: str = "", fix: str = "") -> UndercutError:
    """Build the error for a single mistake, to be raised."""
    return UndercutError(code, Problem(expected, found, where, fix))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for the nearest known word, else the list of known words."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(known) or 'none'}."
