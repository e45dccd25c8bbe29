"""Sharing the parts of a score due to n-grams out among the code points of the text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from undercut.models.linear.ngrams import NgramSpec, first_codes, grams
from undercut.models.linear.text import SPACE, Codes

METHOD = "exact: the weights of the word and character n-grams, added up"


def share_out(
    codes: Codes,
    spec: NgramSpec,
    column_of: Callable[[np.ndarray], np.ndarray],
    columns: np.ndarray,
    part: np.ndarray,
) -> np.ndarray:
    """Divide the parts of a text's columns among its code points, ``float64 (m, C)``.

    Args:
        codes: one text laid out, of m code points.
        spec: its n-grams.
        column_of: gives the column of each bucket; below 0 where it is none.
        columns: those that occur in the text, increasing, ``int (D,)``.
        part: what each adds to the scores of C classes, ``float64 (D, C)``.
    """
    first = first_codes(codes)
    solid = codes.kind != SPACE
    of_code = np.zeros((len(codes.code), part.shape[1]))
    of_word = np.zeros((len(first), part.shape[1]))
    found = [(g, column_of(g.bucket)) for g in grams(codes, first, spec)]
    every = np.concatenate([c[c >= 0] for _, c in found] or [np.zeros(0, np.int64)])
    count = np.bincount(np.searchsorted(columns, every), minlength=len(columns))
    for g, column in found:
        known = column >= 0
        start, place = g.start[known], np.searchsorted(columns, column[known])
        each = part[place] / count[place][:, None]
        if g.words:
            for j in range(g.n):
                np.add.at(of_word, start + j, each / g.n)
            continue
        inside = np.lib.stride_tricks.sliding_window_view(solid, g.n)[start]
        each = each / inside.sum(axis=1)[:, None]
        for j in range(g.n):
            np.add.at(of_code, start + j, each * inside[:, j : j + 1])
    if len(first):
        inner = np.flatnonzero(solid)
        word = np.searchsorted(first, inner, side="right") - 1
        of_code[inner] += (of_word / np.bincount(word, minlength=len(first))[:, None])[word]
    return of_code


def by_character(
    of_code: np.ndarray, begin: np.ndarray, end: np.ndarray, length: int
) -> np.ndarray:
    """Return the shares of a text's characters, ``float64 (length, C)``.

    Args:
        of_code: shares of its code points, ``float64 (m, C)``.
        begin: the first character each code point came from, ``int64 (m,)``.
        end: one past the last, ``int64 (m,)``.
        length: characters of the text.
    """
    shares = np.zeros((length, of_code.shape[1]))
    for i in np.flatnonzero(of_code.any(axis=1)):
        shares[begin[i] : end[i]] += of_code[i] / (end[i] - begin[i])
    return shares
