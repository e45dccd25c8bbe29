"""What a word looks like: its shape and its characters, as numbers; case is seen here.

Shapes after Collins 2002, Ranking Algorithms for Named-Entity Extraction, ACL, p. 490: runs of
capitals, small letters and digits become one sign each. Characters are read from both ends.
"""

from __future__ import annotations

import zlib

import numpy as np

SHAPES = 512
"""Buckets of word shapes."""
CHARACTERS = 512
"""Rows of the character table: 0 fills short words, ASCII has rows of its own, others share."""
ENDS = 10
"""Characters read from either end of a long word."""
LENGTH = 2 * ENDS


def shape_of(word: str) -> int:
    """Return the bucket of a word's shape: ``Reuters`` and ``London`` are both ``Xx``."""
    signs: list[str] = []
    for c in word[:40]:
        if c.isupper():
            sign = "X"
        elif c.isdigit():
            sign = "d"
        elif c.isalpha():
            sign = "x" if c.islower() else "z"
        else:
            sign = c
        if signs[-2:] != [sign, sign]:  # two in a row still tell `X.` from `XX`
            signs.append(sign)
    return zlib.crc32("".join(signs).encode("utf-8", "surrogatepass")) % SHAPES


def characters_of(word: str) -> np.ndarray:
    """Return rows of the character table, ``int64 (20,)``, zeros at the end of a short word."""
    read = word if len(word) <= LENGTH else word[:ENDS] + word[-ENDS:]
    row = np.zeros(LENGTH, np.int64)
    codes = np.array([ord(c) for c in read], np.int64)
    rest = 129 + codes % (CHARACTERS - 129)
    row[: len(codes)] = np.where(codes < 128, codes + 1, rest)
    return row
