"""What a column's cells look like: a label, a text, or neither."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SAMPLE = 5000
_WORDS = re.compile(r"[^\W\d_]\s+\S|\S\s+[^\W\d_]|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STAMP = re.compile(
    r"(https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.]+"
    r"|\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?([T ,].{0,24})?|\d{1,2}:\d\d(:\d\d)?"
    r"|((mon|tue|wed|thu|fri|sat|sun)\w*,? )?(\d{1,2} )?"
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\.? \d{1,4}\b.{0,24}",
    re.IGNORECASE,
)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TRUTH = {"0", "1", "true", "false", "yes", "no", "y", "n", "t", "f", "0.0", "1.0", "是", "否"}


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
        stamped: share that are dates, times, web or mail addresses.
        reading: mean length in letters, an ideograph counted as three.
        truth: all are 0 and 1, yes and no, or the like.
    """

    n: int
    filled: float
    distinct: int
    length: float
    wordy: float
    numeric: float
    stamped: float = 0.0
    reading: float = 0.0
    truth: bool = False

    @property
    def label_like(self) -> bool:
        """Few distinct short values."""
        few = 2 <= self.distinct <= max(2, min(1000, self.n // 2))
        measured = self.numeric > 0.9 and self.distinct > 20
        short = self.length <= 60 and not measured and self.stamped <= 0.8
        return self.filled >= 0.5 and few and short

    @property
    def text_like(self) -> bool:
        """Words that vary from row to row."""
        varied = self.distinct >= 0.3 * self.n
        words = self.filled >= 0.5 and self.wordy >= 0.5 and self.stamped <= 0.8
        return words and varied and not self.label_like


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
        stamped=sum(_STAMP.fullmatch(c) is not None for c in full) / n,
        reading=sum(len(c) + 2 * len(_WIDE.findall(c)) for c in full[:1000]) / min(n, 1000),
        truth={c.casefold() for c in full} <= _TRUTH,
    )
