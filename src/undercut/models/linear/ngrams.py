"""Word and character n-grams of many texts, hashed to buckets by array operations only.

Feature hashing as in Weinberger et al. 2009 (Feature Hashing for Large Scale Multitask Learning,
arXiv:0902.2206), without signs: buckets are many enough that collisions are rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from undercut.models.linear.text import SINGLE, SPACE, WORD, Codes, to_codes

_MUL = np.uint32(0x01000193)
_MIX_A, _MIX_B = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)
_LONGEST_WORD = 64


@dataclass(frozen=True)
class NgramSpec:
    """Which n-grams are features.

    Attributes:
        words: longest word n-gram; an ideograph counts as a word.
        char_min, char_max: character n-gram sizes, within words padded by one space each side.
        pairs: also take character pairs that hold an ideograph or a punctuation mark.
        bits: buckets are ``2**bits``; the lower half holds words, the upper half characters.
    """

    words: int = 2
    char_min: int = 3
    char_max: int = 4
    pairs: bool = True
    bits: int = 21

    @property
    def buckets(self) -> int:
        """Number of buckets."""
        return 1 << self.bits

    def as_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)


def _mix(h: np.ndarray) -> np.ndarray:
    """Finalise 32-bit hashes (the `lowbias32` mixer of C. Wellons' hash-prospector)."""
    h = h ^ (h >> np.uint32(16))
    h *= _MIX_A
    h ^= h >> np.uint32(15)
    h *= _MIX_B
    h ^= h >> np.uint32(16)
    return h


_POWERS = np.array([pow(int(_MUL), i, 1 << 32) for i in range(_LONGEST_WORD + 1)], np.uint32)


def _char_grams(codes: Codes, spec: NgramSpec) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return rows and hashes of character n-grams; a space may only stand first or last."""
    rows, hashes = [], []
    space, single = codes.kind == SPACE, codes.kind == SINGLE
    mixed = codes.code * np.uint32(0x9E3779B1)
    h = mixed.copy()
    inner = ~(space[:-1] & space[1:])  # windows without a space between first and last place
    for n in range(2, min(spec.char_max, len(space)) + 1):
        size = len(space) - n + 1
        h = h[:size] * _MUL + mixed[n - 1 :]
        if n > 2:
            inner = inner[:size] & ~space[n - 2 : n - 2 + size]
        if n >= spec.char_min:
            at = np.flatnonzero(inner)
        elif n == 2 and spec.pairs:
            at = np.flatnonzero(inner & (single[:-1] | single[1:]))
        else:
            continue
        rows.append(codes.row[at + 1])
        hashes.append(_mix(h[at] ^ np.uint32(n * 0x3C6EF372 & 0xFFFFFFFF)))
    return rows, hashes


def _word_grams(codes: Codes, spec: NgramSpec) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return rows and hashes of word n-grams."""
    kind = codes.kind
    inside = kind != SPACE
    joins = np.zeros(len(kind), bool)
    joins[1:] = (kind[1:] == WORD) & (kind[:-1] == WORD)
    at = np.flatnonzero(inside)
    first = np.flatnonzero(inside & ~joins)
    if not len(first):
        return [], []
    which = np.cumsum(~joins[at]) - 1
    place = np.minimum(at - first[which], _LONGEST_WORD)
    terms = _mix(codes.code[at]) * _POWERS[place]
    word = np.add.reduceat(terms, np.searchsorted(at, first), dtype=np.uint32)
    row = codes.row[first]
    rows, hashes, h = [], [], word
    for n in range(1, spec.words + 1):
        if n > 1:
            size = len(word) - n + 1
            if size <= 0:
                break
            h = h[:size] * np.uint32(0x85EBCA6B) + word[n - 1 :]
            same = row[:size] == row[n - 1 :]
            rows.append(row[:size][same])
            hashes.append(_mix(h[same]))
        else:
            rows.append(row)
            hashes.append(_mix(h))
    return rows, hashes


def hashed(texts: Sequence[str], spec: NgramSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return every n-gram occurrence of texts as (row, bucket), in no particular order.

    Args:
        texts: any strings.
        spec: which n-grams.

    Returns:
        ``int64 (m,)`` row numbers and ``int64 (m,)`` buckets below ``spec.buckets``.
    """
    codes = to_codes(texts)
    half = np.uint32(32 - (spec.bits - 1))
    word_rows, word_hashes = _word_grams(codes, spec) if spec.words else ([], [])
    char_rows, char_hashes = _char_grams(codes, spec) if spec.char_max else ([], [])
    buckets = [(h >> half).astype(np.int64) for h in word_hashes]
    buckets += [(h >> half).astype(np.int64) + spec.buckets // 2 for h in char_hashes]
    rows = word_rows + char_rows
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(rows), np.concatenate(buckets)
