"""Word and character n-grams of many texts, hashed to buckets by array operations only.

Feature hashing as in Weinberger et al. 2009 (Feature Hashing for Large Scale Multitask Learning,
arXiv:0902.2206), without signs: buckets are many enough that collisions are rare.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from undercut.models.linear.text import SINGLE, SPACE, WORD, Codes, to_codes

SPREAD, CHAR_STEP, WORD_STEP = 0x9E3779B1, 0x01000193, 0x85EBCA6B
SIZE_SALT = 0x3C6EF372
MIX_A, MIX_B = 0x7FEB352D, 0x846CA68B
LONGEST_WORD = 64
"""The hash is part of the format of every model that was saved: these numbers never change."""


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
    h *= np.uint32(MIX_A)
    h ^= h >> np.uint32(15)
    h *= np.uint32(MIX_B)
    h ^= h >> np.uint32(16)
    return h


POWERS = np.array([pow(CHAR_STEP, i, 1 << 32) for i in range(LONGEST_WORD + 1)], np.uint32)


@dataclass(frozen=True)
class Grams:
    """All n-grams of one size.

    Attributes:
        n: words or characters in each.
        words: whether they are word n-grams.
        start: the first word (see :func:`first_codes`) or the first code of each, ``int64 (m,)``.
        bucket: ``int64 (m,)``, below ``spec.buckets``.
    """

    n: int
    words: bool
    start: np.ndarray
    bucket: np.ndarray


def _char_grams(codes: Codes, spec: NgramSpec) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield size, first codes and hashes; a space may only stand first or last."""
    space, single = codes.kind == SPACE, codes.kind == SINGLE
    mixed = codes.code * np.uint32(SPREAD)
    h = mixed.copy()
    inner = ~(space[:-1] & space[1:])  # windows without a space between first and last place
    for n in range(2, min(spec.char_max, len(space)) + 1):
        size = len(space) - n + 1
        h = h[:size] * np.uint32(CHAR_STEP) + mixed[n - 1 :]
        if n > 2:
            inner = inner[:size] & ~space[n - 2 : n - 2 + size]
        if n >= spec.char_min:
            at = np.flatnonzero(inner)
        elif n == 2 and spec.pairs:
            at = np.flatnonzero(inner & (single[:-1] | single[1:]))
        else:
            continue
        yield n, at, _mix(h[at] ^ np.uint32(n * SIZE_SALT & 0xFFFFFFFF))


def first_codes(codes: Codes) -> np.ndarray:
    """Return the code each word starts with, ``int64``; a ``SINGLE`` is a word by itself."""
    joins = np.zeros(len(codes.kind), bool)
    joins[1:] = (codes.kind[1:] == WORD) & (codes.kind[:-1] == WORD)
    return np.flatnonzero((codes.kind != SPACE) & ~joins)


def _word_grams(
    codes: Codes, first: np.ndarray, spec: NgramSpec
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield size, first words and hashes."""
    if not len(first):
        return
    at = np.flatnonzero(codes.kind != SPACE)
    begin = np.searchsorted(at, first)
    place = np.minimum(at - np.repeat(first, np.diff(begin, append=len(at))), LONGEST_WORD)
    terms = _mix(codes.code[at]) * POWERS[place]
    h = word = np.add.reduceat(terms, begin, dtype=np.uint32)
    row = codes.row[first]
    yield 1, np.arange(len(word)), _mix(h)
    for n in range(2, min(spec.words, len(word)) + 1):
        size = len(word) - n + 1
        h = h[:size] * np.uint32(WORD_STEP) + word[n - 1 :]
        start = np.flatnonzero(row[:size] == row[n - 1 :])
        yield n, start, _mix(h[start])


def grams(codes: Codes, first: np.ndarray, spec: NgramSpec) -> Iterator[Grams]:
    """Yield every n-gram occurrence, one size after the other.

    Args:
        codes: texts laid out.
        first: ``first_codes(codes)``.
        spec: which n-grams.
    """
    half = np.uint32(32 - (spec.bits - 1))
    for n, start, h in _word_grams(codes, first, spec) if spec.words else ():
        yield Grams(n, True, start, (h >> half).astype(np.int64))
    for n, start, h in _char_grams(codes, spec) if spec.char_max else ():
        yield Grams(n, False, start, (h >> half).astype(np.int64) + spec.buckets // 2)


def hashed(texts: Sequence[str], spec: NgramSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return every n-gram occurrence of texts as (row, bucket), in no particular order.

    Args:
        texts: any strings.
        spec: which n-grams.

    Returns:
        ``int64 (m,)`` row numbers and ``int64 (m,)`` buckets below ``spec.buckets``.
    """
    return occurrences(to_codes(texts), spec)


def occurrences(codes: Codes, spec: NgramSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return what :func:`hashed` does, of texts laid out."""
    first = first_codes(codes)
    of_word, of_code = codes.row[first], codes.row[1:]
    found = list(grams(codes, first, spec))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    rows = [(of_word if g.words else of_code)[g.start] for g in found]
    return np.concatenate(rows), np.concatenate([g.bucket for g in found])
