"""Input checks shared by the formulas: every mistake of a call in one error."""

from __future__ import annotations

import sys
from numbers import Real
from typing import Any

from undercut.core.errors import Problem, UndercutError

# Quantities outside this range are typing mistakes, and inside it no formula here overflows.
SMALLEST = 1e-12
LARGEST = 1e15


def _between(name: str, value: Any, low: float, high: float, expected: str) -> Problem | None:
    # NaN and infinities fail the comparison with finite bounds.
    number = isinstance(value, Real) and not isinstance(value, bool)
    if number and low <= value <= high:
        return None
    return Problem(expected, repr(value), name)


def positive(name: str, value: Any) -> Problem | None:
    """Check ``1e-12 <= value <= 1e15``."""
    return _between(name, value, SMALLEST, LARGEST, "a positive number")


def not_negative(name: str, value: Any) -> Problem | None:
    """Check ``0 <= value <= 1e15``."""
    return _between(name, value, 0.0, LARGEST, "a number of at least 0")


def finite(name: str, value: Any) -> Problem | None:
    """Check that ``value`` is a number a float can hold."""
    return _between(name, value, -sys.float_info.max, sys.float_info.max, "a finite number")


def number(name: str, value: Any) -> Problem | None:
    """Check ``-1e15 <= value <= 1e15``."""
    return _between(name, value, -LARGEST, LARGEST, "a finite number")


def share(name: str, value: Any) -> Problem | None:
    """Check ``0 < value <= 1``."""
    return _between(name, value, SMALLEST, 1.0, "a share above 0 and at most 1")


def fraction(name: str, value: Any) -> Problem | None:
    """Check ``0 < value < 1``."""
    return _between(name, value, SMALLEST, 1.0 - SMALLEST, "a number between 0 and 1")


def probability(name: str, value: Any) -> Problem | None:
    """Check ``0 <= value <= 1``."""
    return _between(name, value, 0.0, 1.0, "a number from 0 to 1")


def between(name: str, value: Any, low: float, high: float) -> Problem | None:
    """Check ``low <= value <= high``."""
    return _between(name, value, low, high, f"a number from {low:g} to {high:g}")


def whole(name: str, value: Any, low: int = 1, high: int = 10_000_000) -> Problem | None:
    """Check an integer between ``low`` and ``high``."""
    if _between(name, value, low, high, "") is None and float(value).is_integer():
        return None
    return Problem(f"a whole number from {low} to {high}", repr(value), name)


def collect(*problems: Problem | None) -> None:
    """Raise one error with all the problems found.

    Raises:
        UndercutError: code ``economics-input``, when any problem is not ``None``.
    """
    found = [p for p in problems if p is not None]
    if found:
        raise UndercutError("economics-input", found)
