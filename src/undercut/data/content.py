"""What a column's cells look like: a label, a text, or neither."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SAMPLE = 5000
_WORDS = re.compile(r"[^\W\d_]\s+\S|\S\s+[^\W\d_]|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True)
class Content:
    """Figures of one column, from at most ``SAMPLE`` rows spread over the file.

    Attributes:
        n: cells that are not empty.
        filled: their share.
        distinct: how many differ.
        length: mean characters.
        wordy: share with words or ideographs.
        numeric: share that are numbers.
    """

    n: int
    filled: float
    distinct: int
    length: float
    wordy: float
    numeric: float

    @property
    def label_like(self) -> bool:
        """Few distinct short values."""
        few = 2 <= self.distinct <= max(2, min(1000, self.n // 2))
        measured = self.numeric > 0.9 and self.distinct > 20
        return self.filled >= 0.5 and few and self.length <= 60 and not measured

    @property
    def text_like(self) -> bool:
        """Words that vary from row to row."""
        varied = self.distinct >= 0.3 * self.n
        return self.filled >= 0.5 and self.wordy >= 0.5 and varied and not self.label_like


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def content(cells: Sequence[str | None]) -> Content:
    """Return the figures of a column."""
    step = -(-len(cells) // SAMPLE) or 1
    sample = cells[::step]
    full = [c.strip() for c in sample if c and c.strip()]
    n = len(full)
    if not n:
        return Content(0, 0.0, 0, 0.0, 0.0, 0.0)
    return Content(
        n=n,
        filled=n / len(sample),
        distinct=len(set(full)),
        length=sum(map(len, full)) / n,
        wordy=sum(_WORDS.search(c) is not None for c in full) / n,
        numeric=sum(map(is_number, full)) / n,
    )
