"""Texts as sets of hashed character windows, by array operations only."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.data.normal import same_key

WINDOW = 4
"""Characters of a window that starts with a letter of a script written with spaces."""
WINDOW_CJK = 2
"""Characters of one that starts with an ideograph, kana or a Hangul syllable."""

CHUNK_CHARS = 1 << 19
_CHUNK_ROWS = 1 << 20
_KEPT_CHARS = 1 << 23
_PAIRS = 1 << 14
HASH_BITS = 44
_FIRST = np.uint64(0x9E3779B97F4A7C15)
_ODD = np.uint64(0xBF58476D1CE4E5B9)
_LAST = np.uint64(0x94D049BB133111EB)
_NOT_LETTERS = re.compile(r"[\W_]+")
_CJK = ((0x3040, 0xA000), (0xAC00, 0xD7B0), (0xF900, 0xFB00), (0x20000, 0x32000))
_END = "\0" * (WINDOW - 1)


def letters(text: str) -> str:
    """Return a text as it is compared: folded, with letters and digits only, single spaces.

    A text of nothing but signs stays as it is, folded.
    """
    folded = same_key(text)
    return _NOT_LETTERS.sub(" ", folded).strip() or folded.replace("\0", "\ufffd")


@dataclass(frozen=True)
class Sets:
    """The window sets of several texts, one after the other.

    Attributes:
        row: which text, non-decreasing, ``int64 (m,)``.
        hash: 44-bit hashes, increasing within a text, ``uint64 (m,)``.
    """

    row: np.ndarray
    hash: np.ndarray


def shingles(texts: Sequence[str]) -> Sets:
    """Return the set of hashed windows of each text; none is empty.

    A window starts at every character and may run over the end of its text, so that one letter
    has a window too. Two windows of two texts of 500 letters share a hash by chance once in a
    hundred million pairs.

    Args:
        texts: at most 2**20 texts, from :func:`letters`; no NUL inside.
    """
    joined = "".join(f" {t}{_END}" for t in texts)
    code = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))
    lengths = np.fromiter((len(t) for t in texts), np.int64, len(texts))
    row = np.repeat(np.arange(len(texts), dtype=np.uint64), lengths + len(_END) + 1)
    start = np.flatnonzero(code)
    mixed = code.astype(np.uint64) * _FIRST
    mixed ^= mixed >> np.uint64(29)
    h = mixed[start]
    short = np.zeros(len(start), bool)
    first = code[start]
    for low, high in _CJK:
        short |= (first >= low) & (first < high)
    for place in range(1, WINDOW):
        more = h * _ODD + mixed[np.minimum(start + place, len(code) - 1)]
        h = more if place < WINDOW_CJK else np.where(short, h, more)
    h ^= h >> np.uint64(32)
    h *= _LAST
    h ^= h >> np.uint64(29)
    key = (row[start] << np.uint64(HASH_BITS)) | (h >> np.uint64(64 - HASH_BITS))
    key.sort()
    key = key[np.concatenate([[True], key[1:] != key[:-1]])] if len(key) else key
    mask = np.uint64((1 << HASH_BITS) - 1)
    return Sets((key >> np.uint64(HASH_BITS)).astype(np.int64), key & mask)


def chunks(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield (first row, texts), about half a million characters at a time."""
    begin, size = 0, 0
    for i, text in enumerate(texts):
        size += len(text)
        if size >= CHUNK_CHARS or i + 1 - begin >= _CHUNK_ROWS:
            yield begin, texts[begin : i + 1]
            begin, size = i + 1, 0
    if begin < len(texts):
        yield begin, texts[begin:]


def _table(sets: Sets, n: int) -> Any:
    """Return the sets as a sparse 0/1 matrix, one row a text."""
    from scipy.sparse import csr_matrix

    pointer = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(sets.row, minlength=n), out=pointer[1:])
    made = csr_matrix(
        (np.ones(len(sets.hash), np.int8), sets.hash.astype(np.int64), pointer),
        shape=(n, 1 << HASH_BITS),
    )
    made.has_canonical_format = True
    return made


class Similarity:
    """Exact Jaccard similarity of the window sets of texts.

    Args:
        texts: from :func:`letters`. The sets of up to 8 million letters are kept (about 80 MB);
            of more text they are made again for the pairs asked about.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.kept: Any = None
        if sum(map(len, texts)) <= _KEPT_CHARS and len(texts) < _CHUNK_ROWS:
            parts = [(begin, shingles(part)) for begin, part in chunks(texts)]
            row = np.concatenate([np.zeros(0, np.int64), *(s.row + at for at, s in parts)])
            found = np.concatenate([np.zeros(0, np.uint64), *(s.hash for _, s in parts)])
            self.kept = _table(Sets(row, found), len(texts))

    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the similarity of pairs of rows, ``float64 (pairs,)``."""
        found = np.zeros(len(a))
        if self.kept is not None:
            for begin in range(0, len(a), _PAIRS):
                at = slice(begin, begin + _PAIRS)
                found[at] = _shared(self.kept, a[at], b[at])
            return found
        lengths = [len(self.texts[i]) + len(self.texts[j]) for i, j in zip(a, b, strict=True)]
        part = np.cumsum(lengths) // CHUNK_CHARS
        edges = [*np.flatnonzero(np.diff(part, prepend=-1)), len(a)]
        for begin, end in itertools.pairwise(edges):
            ends = np.concatenate([a[begin:end], b[begin:end]])
            rows, place = np.unique(ends, return_inverse=True)
            table = _table(shingles([self.texts[i] for i in rows]), len(rows))
            found[begin:end] = _shared(table, place[: end - begin], place[end - begin :])
        return found


def _shared(table: Any, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    sizes = np.diff(table.indptr)
    both = np.diff(table[a].multiply(table[b]).tocsr().indptr)
    return both / (sizes[a] + sizes[b] - both)


def jaccard(texts: Sequence[str], a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the Jaccard similarity of pairs of ``texts`` (from :func:`letters`)."""
    return Similarity(texts)(a, b)
