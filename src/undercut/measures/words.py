"""Numbers in sentences: one decimal, or two where a figure is set against a bound."""

from __future__ import annotations


def percent(share: float, digits: int = 1) -> str:
    """Return a share as a percentage, ``0.987`` as ``98.7 %``."""
    return f"{100 * share:.{digits}f} %"


def count(n: int) -> str:
    """Return a whole number with thin no-break spaces between thousands."""
    return f"{n:,}".replace(",", "\u202f")


def rows(n: int) -> str:
    """Return ``1 row`` or ``n rows``."""
    return f"{count(n)} row" if n == 1 else f"{count(n)} rows"
