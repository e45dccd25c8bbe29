"""Whether the first record of a file is a heading or a row."""

from __future__ import annotations

import re
from collections import Counter

from undercut.data.content import content, is_number
from undercut.data.names import is_heading


def _recurs(first: list[str], rest: list[list[str]], column: int) -> bool:
    value = first[column].strip()
    return any(row[column].strip() == value and row != first for row in rest)


def has_header(first: list[str], rest: list[list[str]], wanted: frozenset[str]) -> bool:
    """Tell names of columns from a first row of values."""
    if any(cell.strip() in wanted for cell in first):
        return True
    known = [j for j, cell in enumerate(first) if is_heading(cell)]
    if known:
        return not any(_recurs(first, rest, j) for j in known)
    if len(first) < 2 or any(len(cell) > 40 for cell in first):
        return False
    for j, cell in enumerate(first):
        found = content([row[j] for row in rest])
        value = cell.strip()
        if found.numeric >= 0.95 and value and not is_number(value):
            return True
        if found.n >= 20 and found.label_like and found.distinct * 5 <= found.n:
            if _recurs(first, rest, j):
                return False
            if value and not is_number(value):
                return True
    # A few rows only: single words over a column of sentences, none of which comes back below.
    words = all(re.fullmatch(r"[A-Za-z_][\w.-]*|", cell.strip()) for cell in first)
    sentences = any(content([row[j] for row in rest]).wordy >= 0.8 for j in range(len(first)))
    return words and sentences and not any(_recurs(first, rest, j) for j in range(len(first)))


def says_names(rows: list[list[str]], wanted: frozenset[str]) -> bool:
    """Tell whether the first of rows of several widths is a heading."""
    first = rows[0]
    if any(is_heading(c) or c.strip() in wanted for c in first):
        return True
    width = Counter(map(len, rows)).most_common(1)[0][0]
    even = [row for row in rows if len(row) == width]
    return even[0] is first and has_header(first, even[1:], wanted)
