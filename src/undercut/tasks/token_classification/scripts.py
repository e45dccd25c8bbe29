"""Which characters are words of their own, punctuation or marks, by Unicode block and category."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

CJK = (
    "\u2e80-\u312f\u3190-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uf900-\ufaff\ufe30-\ufe4f"
    "\uff00-\uffef\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
"""Han, kana, bopomofo, their punctuation and full-width forms: written without spaces."""
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Burmese and Khmer: also without spaces, but with marks that belong to a letter."""
JOINED = re.compile(f"[{CJK}]")


@lru_cache
def marks_and_signs() -> tuple[str, str]:
    """Return two regular-expression classes: combining marks, and punctuation with symbols."""
    marks, signs = [], []
    for code in (*range(0x21, 0xD800), *range(0xE000, 0x11000), *range(0x1D000, 0x1FB00)):
        kind = unicodedata.category(chr(code))
        if kind[0] == "M":
            marks.append(code)
        elif kind[0] in "PS":
            signs.append(code)
    return _class(marks), _class(signs)


def _class(codes: list[int]) -> str:
    """Return sorted code points as ranges inside a character class."""
    parts: list[str] = []
    start = last = codes[0]
    for code in [*codes[1:], -1]:
        if code == last + 1:
            last = code
            continue
        parts.append(f"\\U{start:08x}" + (f"-\\U{last:08x}" if last > start else ""))
        start = last = code
    return "".join(parts)


def cjk(character: str) -> bool:
    """Whether a character is written without spaces around it, as Chinese and Japanese are."""
    return character >= "\u2e80" and JOINED.match(character) is not None
