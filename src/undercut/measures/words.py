"""Numbers in sentences: one decimal, or two where a figure is set against a bound."""

from __future__ import annotations

import re

# Control letters (terminal escapes among them), the two that reverse what follows, lone
# surrogates, and what XML 1.0 forbids.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff\ufffe\uffff]")


def percent(share: float, digits: int = 1) -> str:
    """Return a share as a percentage, ``0.987`` as ``98.7 %``."""
    return f"{100 * share:.{digits}f} %"


def count(n: int) -> str:
    """Return a whole number with thin no-break spaces between thousands."""
    return f"{n:,}".replace(",", "\u202f")


def rows(n: int) -> str:
    """Return ``1 row`` or ``n rows``."""
    return f"{count(n)} row" if n == 1 else f"{count(n)} rows"


def clean(text: str) -> str:
    """Return a text with letters replaced that no page or terminal may be handed."""
    return _UNSAFE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return a text safe to print on one line."""
    return " ".join(clean(text).split())
