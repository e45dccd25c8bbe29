"""A text that its own unquoted commas tore apart, in a file that quotes nothing."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from undercut.data.content import content
from undercut.data.delimited import Form, Record
from undercut.data.heading import says_names
from undercut.data.names import match

_ODD = 0.05


def _form(mark: str, last: bool) -> Form:
    cut: Literal["last", "first"] = "last" if last else "first"
    return Form(mark, cut)


def _label_end(rows: list[list[str]]) -> bool | None:
    """Return whether the label is the last field (or the first); None when neither or both."""
    looks = {
        last: content([row[-1 if last else 0].strip() for row in rows]) for last in (False, True)
    }
    ends = sorted((e for e in looks if looks[e].label_like), key=lambda e: looks[e].distinct)
    if not ends or (len(ends) > 1 and looks[ends[0]].distinct * 3 > looks[ends[1]].distinct):
        return None
    return ends[0]


def _pieces(rows: list[list[str]], last: bool) -> bool:
    """Tell pieces of one sentence from columns: their number varies, or they start with a space."""
    widths = Counter(map(len, rows))
    if widths.most_common(1)[0][1] < (1 - _ODD) * len(rows):
        return True
    later = [c for row in rows for c in (row[1:-1] if last else row[2:])]
    return sum(c[:1] == " " and c.strip() != "" for c in later) >= 0.5 * len(later) > 0


def rejoin(full: list[Record], form: Form, wanted: frozenset[str]) -> tuple[Form | None, bool]:
    """Find the form that divides text and label only, where more was divided.

    Without a heading the label must be the first or the last field. With a heading of two names
    the label is where its name is, and many rows must have more than two fields.

    Args:
        full: records that are not blank, of a file without quotes.
        form: how they were divided.
        wanted: names of columns the user gave.

    Returns:
        The form, or None; and whether the fields may be one sentence or columns, which cannot be
        told.
    """
    rows = [r.cells for r in full]
    if form.cut != "all" or form.mark not in (",", ";", "|") or len(rows) < 4:
        return None, False
    if max(map(len, rows)) < 3:
        return None, False
    if says_names(rows, wanted):
        named = [match(c, "label") is not None for c in rows[0]]
        wide = sum(len(row) > 2 for row in rows[1:])
        if len(named) != 2 or sum(named) != 1 or wide < 0.1 * len(rows):
            return None, False
        last = named[1]
        ends = content([row[-1 if last else 0].strip() for row in rows[1:]])
        return (_form(form.mark, last), False) if ends.label_like else (None, False)
    if wanted:
        return None, False
    found = _label_end(rows)
    if found is None:
        return None, False
    if _pieces(rows, found):
        return _form(form.mark, found), False
    width = Counter(map(len, rows)).most_common(1)[0][0]
    even = [row for row in rows if len(row) == width]
    inner = range(width - 1) if found else range(1, width)
    columns = [content([row[j] for row in even]) for j in inner]
    # Free words in several fields, none of which is a number, a date, an address or a class.
    free = [c for c in columns if not (c.label_like or c.numeric > 0.5 or c.stamped > 0.5)]
    unclear = len(columns) > 1 and len(free) == len(columns)
    return None, unclear and not all(c.wordy >= 0.9 for c in columns)
