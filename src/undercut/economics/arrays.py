"""Checks of arrays given to the vectorised formulas: every mistake of a call in one error."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from undercut.core.errors import Problem
from undercut.economics.checks import LARGEST, SMALLEST, collect

Array = np.ndarray
"""An array of float64 unless said otherwise."""


class Arrays:
    """Collects the problems of several arguments; :meth:`done` raises them all at once."""

    def __init__(self) -> None:
        self.problems: list[Problem | None] = []

    def read(self, name: str, value: Any, low: float, high: float, expected: str) -> Array:
        """Return ``value`` as float64; note a problem when a figure is not in ``[low, high]``.

        After a problem the array returned is a harmless stand-in: call :meth:`done` before use.
        """
        try:
            found = np.asarray(value)
            if found.dtype.kind not in "iuf":
                raise TypeError
            found = found.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            self.problems.append(Problem(expected, _short(value), name))
            return np.zeros(1)
        if not found.size:
            self.problems.append(Problem(f"{expected}, at least one", "none", name))
            return np.zeros(1)
        # NaN fails both comparisons.
        bad = ~((found >= low) & (found <= high))
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            at = f"{name}[{', '.join(map(str, where))}]" if where else name
            self.problems.append(Problem(expected, repr(float(found[where])), at))
            return np.zeros(found.shape)
        return found

    def number(self, name: str, value: Any) -> Array:
        """Read figures of either sign."""
        return self.read(name, value, -LARGEST, LARGEST, "finite numbers")

    def not_negative(self, name: str, value: Any) -> Array:
        """Read figures of at least 0."""
        return self.read(name, value, 0.0, LARGEST, "numbers of at least 0")

    def positive(self, name: str, value: Any) -> Array:
        """Read figures above 0."""
        return self.read(name, value, SMALLEST, LARGEST, "positive numbers")

    def probability(self, name: str, value: Any) -> Array:
        """Read figures from 0 to 1."""
        return self.read(name, value, 0.0, 1.0, "numbers from 0 to 1")

    def expect(self, truth: Any, expected: str, found: str, where: str) -> None:
        """Note a problem unless ``truth``."""
        if not truth:
            self.problems.append(Problem(expected, found, where))

    def done(self) -> None:
        """Raise what was noted.

        Raises:
            UndercutError: code ``economics-input``, when there was any problem.
        """
        collect(*self.problems)


def codes(names: Sequence[Hashable]) -> tuple[Array, list[Hashable]]:
    """Return each name's position among the different ones, and those in order of appearance."""
    seen: dict[Hashable, int] = {}
    found = [seen.setdefault(name, len(seen)) for name in names]
    return np.array(found, dtype=np.intp), list(seen)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
