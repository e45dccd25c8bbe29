"""Which characters of a text each code point came from, once it was folded and laid out."""

from __future__ import annotations

import unicodedata

import numpy as np

from undercut.models.linear.text import Codes, fold, lay_out, points

_FINAL_SIGMA = ("\u03c2", "\u03c3")  # lower case writes sigma by its place in the word


def located(text: str) -> tuple[Codes, np.ndarray, np.ndarray]:
    """Lay one text out and say where each code point came from.

    Returns:
        The code points, and the first and one past the last character of ``text`` that each came
        from, both ``int64 (m,)``; an empty range for the spaces that stand around a text.
    """
    text = text.replace("\0", " ")
    codes, keep = lay_out(points(fold(f"\0{text}\0")))
    begin, end = [0], [0]
    for first, last in _clusters(text):
        length = len(fold(text[first:last]))
        begin += [first] * length
        end += [last] * length
    begin.append(len(text))
    end.append(len(text))
    return codes, np.array(begin, np.int64)[keep], np.array(end, np.int64)[keep]


def _clusters(text: str) -> list[tuple[int, int]]:
    """Cut a text into the smallest parts that fold to the same characters alone as together."""
    found: list[tuple[int, int]] = []
    start = 0
    for i in range(1, len(text) + 1):
        if i < len(text) and not _apart(text[start:i], text[i]):
            continue
        found.append((start, i))
        start = i
    joined = "".join(fold(text[a:b]) for a, b in found)
    same = joined.replace(*_FINAL_SIGMA) == fold(text).replace(*_FINAL_SIGMA)
    return found if same else [(0, len(text))]


def _apart(before: str, char: str) -> bool:
    """Tell whether normalising joins nothing across the place between two parts."""
    if before.isascii() and char.isascii():
        return True
    if unicodedata.combining(char):
        return False
    whole = unicodedata.normalize("NFKC", before[-8:] + char)
    parts = [unicodedata.normalize("NFKC", part) for part in (before[-8:], char)]
    return whole == "".join(parts) and not unicodedata.combining(parts[1][:1] or "a")
