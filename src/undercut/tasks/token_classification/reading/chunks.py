"""Chunks with their types, as in MSRA's files: ``当/o 希望工程/nt 救助/o``, a sentence a line."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.marks import Mark, Marked
from undercut.tasks.token_classification.reading.prefixes import tag_like

_ITEM = re.compile(r"(.+)/([A-Za-z][\w.-]*)")
OUTSIDE = ("o", "O")
MOST_TYPES = 50


def is_chunks(text: str) -> bool:
    """Whether most items have a type behind a slash, ``o`` often and few others."""
    items = [item for line in text.split("\n")[:200] for item in line.split()]
    found = [m[2] for item in items if (m := _ITEM.fullmatch(item))]
    outside = sum(tag in OUTSIDE for tag in found)
    return (
        len(found) > 1
        and 4 * len(found) >= 3 * len(items)
        and 1 < len(set(found)) <= MOST_TYPES
        and 3 * outside >= len(found)
    )


def read_chunks(text: str, to: Gathered) -> list[Marked]:
    """Return a text a line: chunks joined by nothing, or by a space between spaced scripts."""
    rows, kinds = [], Counter[str]()
    for number, line in enumerate(text.split("\n"), 1):
        parts, marks, at = [""], [], 0
        for item in line.split():
            m = _ITEM.fullmatch(item)
            if m is None:
                to.refuse(number, "a chunk with its type, as 北京/ns, or /o", f"{item[:40]!r}")
                break
            chunk, kind = m[1], m[2]
            if tag_like(kind) and kind not in OUTSIDE:
                to.refuse(
                    number, "a type without a prefix, as on the other chunks", f"{item[:40]!r}"
                )
                break
            if parts[-1] and not (_wide(parts[-1][-1]) or _wide(chunk[0])):
                parts.append(" ")
                at += 1
            if kind not in OUTSIDE:
                kinds[kind] += 1
                marks.append(Mark(at, at + len(chunk), kind, chunk))
            parts.append(chunk)
            at += len(chunk)
        else:
            if at:
                rows.append(Marked(number, "".join(parts), marks))
    named = ", ".join(sorted(kinds))
    to.say(f"a sentence a line in chunks, each with its type ({named}), read as plain text")
    return rows


def _wide(character: str) -> bool:
    """Whether a character is as wide as a Chinese one, whose neighbours no space divides."""
    return unicodedata.east_asian_width(character) in ("W", "F")
