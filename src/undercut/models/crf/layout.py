"""Many inputs laid end to end: which sentence and which input each word is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from undercut.models.crf.hashing import code
from undercut.models.crf.lexicon import Lexicon


@dataclass(frozen=True)
class Layout:
    """Words of many inputs, one after the other.

    Attributes:
        words: their distinct words.
        first: first word of each sentence, and the number of words, ``int64 (s + 1,)``.
        sentence: sentence of each word, ``int64 (w,)``.
        document: input of each sentence, ``int64 (s,)``.
    """

    words: Lexicon
    first: np.ndarray
    sentence: np.ndarray
    document: np.ndarray

    def __len__(self) -> int:
        return len(self.sentence)

    def shifted(self, values: np.ndarray, offset: int) -> np.ndarray:
        """Return each word's neighbour's value, ``uint32 (w,)``.

        Beyond the ends of a sentence stands a hash of its own, one for each distance.
        """
        if not offset:
            return values
        at = np.arange(len(self)) + offset
        begin, end = self.first[self.sentence], self.first[self.sentence + 1]
        beyond = np.where(at < begin, begin - at, at - end + 1)
        edge = np.array([code(f"\0edge{offset // abs(offset)}{i}") for i in range(9)], np.uint32)
        outside = (at < begin) | (at >= end)
        inside = np.clip(at, 0, max(len(self) - 1, 0))
        return np.where(outside, edge[np.clip(beyond, 0, 8)], values[inside])


def lay_out(inputs: Sequence[tuple[Sequence[str], np.ndarray]]) -> Layout:
    """Lay inputs out.

    Args:
        inputs: words of each, and its first word of each sentence with the number of words after
            them, ``int64 (s + 1,)``.
    """
    words: list[str] = []
    first, document = [np.zeros(1, np.int64)], []
    for i, (own, starts) in enumerate(inputs):
        first.append(np.asarray(starts[1:], np.int64) + len(words))
        document.append(np.full(max(len(starts) - 1, 0), i, np.int64))
        words.extend(own)
    joined = np.concatenate(first)
    sizes = np.diff(joined)
    return Layout(
        Lexicon(words),
        joined,
        np.repeat(np.arange(len(sizes)), sizes),
        np.concatenate(document) if document else np.zeros(0, np.int64),
    )
