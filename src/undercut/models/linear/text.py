"""Texts to arrays of code points: the one place that cleans a text, in training and serving."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

SPACE, WORD, SINGLE = 0, 1, 2
_END = "\0"
_OWN_TOKEN = ((0x3040, 0x3130), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))


@dataclass(frozen=True)
class Codes:
    """Code points of many texts, one after the other.

    Each text is followed by one ``SPACE``, and one stands before the first text.

    Attributes:
        code: code points, ``uint32 (m,)``; runs of white space are one space.
        kind: ``SPACE``, ``WORD`` or ``SINGLE`` (a token by itself), ``uint8 (m,)``.
        row: which text each belongs to, ``int64 (m,)``; -1 for the space before the first.
    """

    code: np.ndarray
    kind: np.ndarray
    row: np.ndarray


@cache
def kinds() -> np.ndarray:
    """Return the kind of every code point up to 0xFFFF; all later ones share the last entry."""
    table = np.full(0x10000, SINGLE, np.uint8)
    for point in range(0x10000):
        char = chr(point)
        if char.isspace() or (not char.isprintable() and unicodedata.category(char) != "Cs"):
            table[point] = SPACE
        elif char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M":
            table[point] = WORD
    for first, end in _OWN_TOKEN:
        table[first:end] = SINGLE
    table[0xFFFF] = SINGLE  # U+FFFF itself is no character, and would be a space
    return table


def to_codes(texts: Sequence[str]) -> Codes:
    """Fold width and case (NFKC, lower case) and lay texts out as code points.

    Ideographs, kana, punctuation and symbols are tokens by themselves (``SINGLE``), so that
    languages written without spaces need no segmenter; so is all beyond the basic plane (emoji).
    The result for a text does not depend on its neighbours.

    Args:
        texts: any strings, empty ones included.
    """
    joined = _END.join(texts)
    if joined.count(_END) != max(len(texts) - 1, 0):
        joined = _END.join(t.replace(_END, " ") for t in texts)
    return lay_out(points(fold(f"{_END}{joined}{_END}" if texts else _END)))[0]


def kind_of(char: str) -> int:
    """Return ``SPACE``, ``WORD`` or ``SINGLE``."""
    return int(kinds()[min(ord(char), 0xFFFF)])


def fold(text: str) -> str:
    """Return the text in the form that is compared: NFKC, lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def points(text: str) -> np.ndarray:
    """Return the code points of a text, ``uint32 (len,)``; read-only."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))


def lay_out(code: np.ndarray) -> tuple[Codes, np.ndarray]:
    """Lay folded texts out as code points, runs of white space as one space.

    Args:
        code: code points of texts after :func:`fold`, a NUL before the first and after each.

    Returns:
        The code points kept, and which of ``code`` they are, ``bool (len,)``.
    """
    kind = kinds()[np.minimum(code, 0xFFFF)]
    end = code == 0
    space = kind == SPACE
    keep = ~space | end
    keep[1:] |= ~space[:-1]  # the first space of a run
    keep[:-1] &= ~(space[:-1] & ~end[:-1] & end[1:])  # none before the end of a text
    code, kind, end = code[keep], kind[keep], end[keep]
    row = np.cumsum(end) - end - 1  # an end mark belongs to the text it closes
    code = np.where(kind == SPACE, np.uint32(32), code)
    return Codes(code, kind, row), keep
