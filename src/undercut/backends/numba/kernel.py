"""The compiled loop: code points to n-gram hashes to sums of table rows, one text at a time.

It computes what ``models/linear/text.py`` and ``ngrams.py`` do with arrays, to the last bit.
Nothing is compiled at import: the first call compiles, in seconds, or finds what an earlier
process left in numba's cache (docs/design/hashed.md says where that is).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from undercut.models.linear.ngrams import (
    CHAR_STEP,
    LONGEST_WORD,
    MIX_A,
    MIX_B,
    SIZE_SALT,
    SPREAD,
    WORD_STEP,
)
from undercut.models.linear.text import SINGLE, SPACE, WORD

U = np.uint32
_BLANK = np.uint32(32 * SPREAD & 0xFFFFFFFF)
_MOST = 255
"""Rows added in 16 bits before they could overflow: 255 * 127 is below 2**15."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that compiles itself when called, and keeps the code where it may."""
    try:
        return njit(nogil=True, cache=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # no folder can be written: compile in every process
        return njit(nogil=True)(function)  # type: ignore[no-any-return]


@njit(inline="always")
def _mix(h):  # type: ignore[no-untyped-def]
    h = U(h ^ (h >> U(16)))
    h = U(h * U(MIX_A))
    h = U(h ^ (h >> U(15)))
    h = U(h * U(MIX_B))
    return U(h ^ (h >> U(16)))


@njit(inline="always")
def _lay_out(codes, kinds, powers, mixed, kind, word):  # type: ignore[no-untyped-def]
    """Fill ``mixed`` and ``kind`` of the code points kept and ``word`` hashes; count both."""
    mixed[0], kind[0], last = _BLANK, SPACE, SPACE
    m, w, place, h = 1, 0, 0, U(0)
    for c in codes:
        k = kinds[min(c, U(0xFFFF))]
        if k == SPACE:  # the first of a run is kept; a NUL ends the text like one
            mixed[m], kind[m] = _BLANK, SPACE
            m += last != SPACE
        else:
            if k != WORD or last != WORD:
                place, h = 0, U(0)
                w += 1
            h = U(h + U(_mix(c) * powers[min(place, LONGEST_WORD)]))
            word[w - 1] = h
            place += 1
            mixed[m], kind[m] = U(c * U(SPREAD)), k
            m += 1
        last = k
    return m, w


@njit(inline="always")
def _word_grams(word, w, most, shift, h, bucket):  # type: ignore[no-untyped-def]
    """Fill ``bucket`` with word n-grams; return how many."""
    b = 0
    for n in range(1, most + 1):
        for j in range(w - n + 1):
            h[j] = word[j] if n == 1 else U(U(h[j] * U(WORD_STEP)) + word[j + n - 1])
        for j in range(w - n + 1):
            bucket[b + j] = _mix(h[j]) >> shift
        b += max(w - n + 1, 0)
    return b


@njit(inline="always")
def _char_grams(mixed, kind, m, sizes, shift, h, whole, found, bucket, b):  # type: ignore[no-untyped-def]
    """Add character n-grams to ``bucket``; a space may only stand first or last."""
    char_min, char_max, pairs, half = sizes
    h[:m] = mixed[:m]
    for n in range(2, char_max + 1):
        size = max(m - n + 1, 0)
        salt, last, inner = U(n * SIZE_SALT & 0xFFFFFFFF), mixed[n - 1 : m], kind[n - 2 : m]
        for j in range(size):
            h[j] = U(U(h[j] * U(CHAR_STEP)) + last[j])
        for j in range(size):
            if n == 2:
                whole[j] = (kind[j] != SPACE) | (kind[j + 1] != SPACE)
            else:
                whole[j] &= inner[j] != SPACE
        if n < char_min and (n > 2 or not pairs):
            continue
        for j in range(size):
            found[j] = U(half + U(_mix(U(h[j] ^ salt)) >> shift))
        for j in range(size):  # without branches: where words end cannot be foreseen
            bucket[b] = found[j]
            if n >= char_min:
                b += whole[j]
            else:
                b += (kind[j] == SINGLE) | (kind[j + 1] == SINGLE)
    return b


@njit
def _add_rows(weight, bucket, b, part, total):  # type: ignore[no-untyped-def]
    """Set ``total`` to the sum of the table's rows at ``bucket[:b]``."""
    total[:] = 0
    for begin in range(0, b, _MOST):
        part[:] = 0
        for j in range(begin, min(begin + _MOST, b)):
            row = weight[bucket[j]]
            for k in range(len(part)):
                part[k] += row[k]
        for k in range(len(part)):
            total[k] += part[k]


@compiled
def margins(codes, bounds, longest, ngrams, tables, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` with the margins of texts.

    Args:
        codes: code points, ``uint32 (m,)``.
        bounds: of the texts in ``codes``, ``int64 (B + 1,)``; each ends with a NUL.
        longest: code points of the longest text.
        ngrams: words, char_min, char_max, pairs and bits of the :class:`NgramSpec`.
        tables: kinds of code points ``uint8 (65536,)``, powers ``uint32``, weights
            ``int8 (buckets, W)``, W at least K, scale and bias ``float32 (K,)``.
        out: ``float32 (B, K)``.
    """
    words, char_min, char_max, pairs, bits = ngrams
    kinds, powers, weight, scale, bias = tables
    shift, half = U(33 - bits), U(1 << (bits - 1))
    room = longest + 2
    mixed, word = np.empty(room, U), np.empty(room, U)
    h, found = np.empty(room, U), np.empty(room, U)
    kind, whole = np.empty(room, np.uint8), np.empty(room, np.uint8)
    bucket = np.empty(room * (words + char_max) + 1, np.uint32)
    total, part = np.empty(weight.shape[1], np.int32), np.empty(weight.shape[1], np.int16)
    for i in range(len(bounds) - 1):
        m, w = _lay_out(codes[bounds[i] : bounds[i + 1]], kinds, powers, mixed, kind, word)
        b = _word_grams(word, w, words, shift, h, bucket)
        sizes = (char_min, char_max, pairs, half)
        b = _char_grams(mixed, kind, m, sizes, shift, h, whole, found, bucket, b)
        _add_rows(weight, bucket, b, part, total)
        root = np.float32(1 / np.sqrt(np.float64(max(b, 1))))
        for k in range(out.shape[1]):
            out[i, k] = np.float32(total[k]) * scale[k] * root + bias[k]
