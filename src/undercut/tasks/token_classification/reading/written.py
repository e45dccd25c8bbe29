"""Texts in which entities are written, told from the text itself: how, what reads it, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from undercut.tasks.token_classification.reading import (
    chunks,
    from_tags,
    inline,
    marks,
    markup,
    opennlp,
)
from undercut.tasks.token_classification.reading.gathered import Gathered


@dataclass(frozen=True)
class Way:
    """A way to write entities into texts.

    Attributes:
        why: what the file is then said to be.
        tell: whether a text is written so.
        read: its sentences or marked texts.
        gather: makes rows of them.
    """

    why: str
    tell: Callable[[str], bool]
    read: Callable[[str, Gathered], Any]
    gather: Callable[[Any, Gathered], None]


def _exact(rows: Any, to: Gathered) -> None:
    marks.gather(rows, to, how=marks.EXCLUSIVE)


WAYS = (
    Way("CoNLL-2012 columns", inline.is_brackets, inline.read_brackets, from_tags.gather),
    Way("words with their tags", inline.is_inline, inline.read_inline, from_tags.gather),
    Way("names between <START> and <END>", opennlp.is_opennlp, opennlp.read_opennlp,
        from_tags.gather),
    Way("chunks with their types", chunks.is_chunks, chunks.read_chunks, _exact),
    Way("entities in tags", markup.is_markup, markup.read_markup, _exact),
)  # fmt: skip


def way_of(path: Path, text: str) -> Way | None:
    """Return the way a text is written in, or None for columns and the like."""
    if path.suffix.lower() in (".csv", ".tsv"):
        return None
    return next((way for way in WAYS if way.tell(text)), None)
