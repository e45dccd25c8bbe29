"""Windows over the words of a document: sentences packed together, long ones cut with overlap."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np


class Window(NamedTuple):
    """Words ``first`` to ``last`` are read, of which ``own_first`` to ``own_last`` get scores."""

    first: int
    last: int
    own_first: int
    own_last: int


def windows(tokens: np.ndarray, sentences: np.ndarray, room: int) -> list[Window]:
    """Cut a document into windows so that every word gets its scores in exactly one.

    Consecutive sentences share a window while they fit, so that each is read with its neighbours.
    A sentence that is too long makes windows of its own that overlap by half; a word is scored in
    the one where it is further from the edge.

    Args:
        tokens: tokens of each word, none more than ``room``, ``int64 (w,)``.
        sentences: first word of each sentence, and w at the end, ``int64 (s + 1,)``.
        room: tokens of a window, at most.
    """
    upto = np.concatenate([[0], np.cumsum(tokens)])  # tokens before each word
    made: list[Window] = []
    start, end = 0, 0  # the window being filled

    def close() -> None:
        if end > start:
            made.append(Window(start, end, start, end))

    for a, b in zip(sentences[:-1].tolist(), sentences[1:].tolist(), strict=True):
        if upto[b] - upto[start] <= room:
            end = b
            continue
        close()
        start, end = a, b
        if upto[b] - upto[a] > room:
            made += _long(upto, a, b, room)
            start = b
    close()
    return made


def _long(upto: np.ndarray, a: int, b: int, room: int) -> list[Window]:
    """Return overlapping windows over the words ``a`` to ``b`` of one sentence."""
    spans = []
    first = a
    while True:
        last = min(int(np.searchsorted(upto, upto[first] + room, "right")) - 1, b)
        spans.append((first, last))
        if last == b:
            break
        half = int(np.searchsorted(upto, upto[last] - room // 2, "left"))
        first = max(half, first + 1)
    cuts = [a]
    for (_, last), (following, _) in pairwise(spans):
        middle = (upto[following] + upto[last]) / 2
        cuts.append(int(np.clip(np.searchsorted(upto, middle, "left"), following, last)))
    cuts.append(b)
    return [
        Window(first, last, own, until)
        for (first, last), own, until in zip(spans, cuts[:-1], cuts[1:], strict=True)
        if until > own
    ]
