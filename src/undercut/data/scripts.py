"""Which scripts texts are written in: by Unicode ranges, without a model.

A script is not a language: Latin letters may be English or Turkish. It is enough to tell whether a
base model can read the rows at all, and which rows are unlike the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np

# First code point of each block of letters; a block ends where the next begins.
_STARTS = (
    (0x0000, ""), (0x0041, "Latin"), (0x005B, ""), (0x0061, "Latin"), (0x007B, ""),
    (0x00AA, "Latin"), (0x00AB, ""), (0x00C0, "Latin"), (0x02B0, ""), (0x0370, "Greek"),
    (0x0400, "Cyrillic"), (0x0530, "Armenian"), (0x0590, "Hebrew"), (0x0600, "Arabic"),
    (0x0700, "other"), (0x0750, "Arabic"), (0x0780, "other"), (0x0900, "Devanagari"),
    (0x0980, "Bengali"), (0x0A00, "other"), (0x0B80, "Tamil"), (0x0C00, "other"),
    (0x0E00, "Thai"), (0x0E80, "other"), (0x1100, "Hangul"), (0x1200, "other"),
    (0x1E00, "Latin"), (0x1F00, "Greek"), (0x2000, ""), (0x2E80, "Han"), (0x3000, ""),
    (0x3005, "Han"), (0x3008, ""), (0x3040, "Kana"), (0x3100, "other"), (0x3130, "Hangul"),
    (0x3190, ""), (0x31F0, "Kana"), (0x3200, ""), (0x3400, "Han"), (0x4DC0, ""),
    (0x4E00, "Han"), (0xA000, "other"), (0xAC00, "Hangul"), (0xD7B0, ""), (0xF900, "Han"),
    (0xFB00, "Latin"), (0xFB13, "other"), (0xFE00, ""), (0xFE70, "Arabic"), (0xFEFF, ""),
    (0xFF21, "Latin"), (0xFF3B, ""), (0xFF41, "Latin"), (0xFF5B, ""), (0xFF66, "Kana"),
    (0xFFA0, ""), (0x1D400, "Latin"), (0x1D800, ""), (0x20000, "Han"), (0x323B0, ""),
)  # fmt: skip
NAMES = ("", *sorted({name for _, name in _STARTS if name}))
NONE = "no letters"


@cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    starts = np.array([start for start, _ in _STARTS])
    return starts, np.array([NAMES.index(name) for _, name in _STARTS])


def script_of(text: str) -> str:
    """Return the script most letters of a text are in.

    Where at least a tenth is kana the ideographs count as Kana too: it is Japanese.
    """
    if text.isascii():
        return "Latin" if any(c.isalpha() for c in text) else NONE
    starts, names = _table()
    code = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))
    held = np.bincount(names[np.searchsorted(starts, code, side="right") - 1], minlength=len(NAMES))
    kana, han = NAMES.index("Kana"), NAMES.index("Han")
    if held[kana] * 9 >= held[han] and held[kana]:
        held[kana], held[han] = held[kana] + held[han], 0
    # An ideograph or a syllable says about as much as three letters.
    weight = np.where(np.isin(np.arange(len(NAMES)), [han, kana, NAMES.index("Hangul")]), 3, 1)
    held = held * weight
    held[0] = 0
    return NAMES[int(held.argmax())] if held.any() else NONE


def scripts(texts: Sequence[str]) -> tuple[Counter[str], list[str]]:
    """Return how many texts are in each script, and each text's."""
    of = [script_of(t) for t in texts]
    return Counter(of), of
