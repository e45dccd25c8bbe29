"""What a single word shows: its form, its shape, its beginnings and endings. Once a distinct word.

Shapes as in Collins 2002 (Ranking Algorithms for Named-Entity Extraction, ACL, section 3.2):
capitals to ``A``, small letters to ``a``, digits to ``0``, and the same with runs made one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from undercut.models.crf.hashing import code

AFFIXES = 4
LONG = 12
BASES = (
    "form",
    "norm",
    "shape",
    "runs",
    *(f"head{n}" for n in range(1, AFFIXES + 1)),
    *(f"tail{n}" for n in range(1, AFFIXES + 1)),
)
CAPITAL, SMALL, UPPER, LETTERS, DIGITS, JOINED = 1, 2, 4, 8, 16, 32
"""Marks of a word: begins with a capital; small letters only; capitals only (two or more);
has letters; has digits; a single character of a script without spaces."""
_RUN = re.compile(r"(.)\1+", re.DOTALL)
_SHAPE = {"Lu": "A", "Lt": "A", "Ll": "a", "Nd": "0", "Lo": "o", "Lm": "o", "Mn": "", "Mc": ""}


def normal(word: str) -> str:
    """Return the form that is compared: NFKC, small letters, digits as ``0``."""
    folded = unicodedata.normalize("NFKC", word).lower()
    if folded.isalpha():
        return folded
    return "".join("0" if c.isdecimal() else c for c in folded)


def shape(word: str) -> str:
    """Return what kind of character stands where; punctuation stands for itself."""
    if word.isascii() and word.isalpha():
        return "".join("A" if c < "a" else "a" for c in word)
    return "".join(_SHAPE.get(unicodedata.category(c), c) for c in word)


def describe(word: str) -> tuple[list[int], int]:
    """Return the hashes of a word's :data:`BASES`, and its marks."""
    folded = unicodedata.normalize("NFKC", word)
    norm, form = normal(word), shape(folded)
    runs = _RUN.sub(r"\1", form)
    heads = [code(norm[:n]) if len(norm) > n else 0 for n in range(1, AFFIXES + 1)]
    tails = [code(norm[-n:]) if len(norm) > n else 0 for n in range(1, AFFIXES + 1)]
    letters = "A" in form or "a" in form
    marks = CAPITAL * form.startswith("A") | SMALL * (letters and "A" not in form)
    marks |= UPPER * (form.count("A") > 1 and "a" not in form) | LETTERS * letters
    marks |= DIGITS * ("0" in form) | JOINED * (form == "o")
    return [code(folded), code(norm), code(form[:LONG]), code(runs), *heads, *tails], marks


class Lexicon:
    """The distinct words of some inputs.

    Attributes:
        kind: distinct word of each word, ``int64 (w,)``.
        bases: name -> hashes of the distinct words, ``uint32 (v,)``.
        marks: ``uint8 (v,)``.
    """

    def __init__(self, words: Sequence[str]) -> None:
        place: dict[str, int] = {}
        self.kind = np.fromiter(
            (place.setdefault(w, len(place)) for w in words), np.int64, len(words)
        )
        rows, marks = [], []
        for word in place:
            row, mark = describe(word)
            rows.append(row)
            marks.append(mark)
        table = np.array(rows, np.uint32).reshape(-1, len(BASES))
        self.bases = {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(BASES)}
        self.marks = np.array(marks, np.uint8)

    def of(self, base: str) -> np.ndarray:
        """Return a base of every word, ``uint32 (w,)``."""
        found: np.ndarray = self.bases[base][self.kind]
        return found
