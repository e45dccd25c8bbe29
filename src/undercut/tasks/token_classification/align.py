"""Targets, which are characters, set on words; and the words of a batch of inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from undercut.tasks.token_classification.words import Words, words_of


@dataclass(frozen=True)
class Batch:
    """The words of several inputs, one after another; U words, s sentences, n inputs.

    Attributes:
        words: of each input.
    """

    words: Sequence[Words]

    @classmethod
    def of(cls, inputs: Sequence[Any]) -> Batch:
        """Find the words of inputs."""
        return cls([words_of(value) for value in inputs])

    @cached_property
    def firsts(self) -> np.ndarray:
        """First word of each input, and U at the end, ``int64 (n + 1,)``."""
        return np.cumsum([0, *map(len, self.words)], dtype=np.int64)

    @cached_property
    def sentences(self) -> np.ndarray:
        """First word of each sentence, and U at the end, ``int64 (s + 1,)``."""
        each = [w.sentences[:-1] + at for w, at in zip(self.words, self.firsts, strict=False)]
        return np.concatenate([*each, self.firsts[-1:]])

    @cached_property
    def starts(self) -> np.ndarray:
        """First character of each word in its own text, ``int64 (U,)``."""
        return np.concatenate([np.zeros(0, np.int64), *(w.starts for w in self.words)])

    @cached_property
    def ends(self) -> np.ndarray:
        """Character after each word in its own text, ``int64 (U,)``."""
        return np.concatenate([np.zeros(0, np.int64), *(w.ends for w in self.words)])

    def owner(self, units: np.ndarray) -> np.ndarray:
        """Return the input each word is of, ``int64``."""
        return np.searchsorted(self.firsts, units, side="right") - 1


@dataclass(frozen=True)
class Spans:
    """Entities of several inputs, in order; e of them.

    Attributes:
        owner: input each is of, ``int64 (e,)``.
        starts, ends: its characters, end exclusive, ``int64 (e,)``.
        kinds: its type, as a position, ``int64 (e,)``.
    """

    owner: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    kinds: np.ndarray

    def __len__(self) -> int:
        return len(self.owner)

    def keys(self) -> list[tuple[int, int, int, int]]:
        """Return each as input, start, end and type: equal keys are equal entities."""
        columns = (self.owner, self.starts, self.ends, self.kinds)
        return list(zip(*(c.tolist() for c in columns), strict=True))


def spans_of(targets: Sequence[Any], position: dict[str, int]) -> Spans:
    """Return targets as arrays; every type must have a position."""
    flat = [(i, a, b, position[kind]) for i, t in enumerate(targets) for a, b, kind in t]
    table = np.array(flat, np.int64).reshape(-1, 4)
    return Spans(*table.T)


def words_under(batch: Batch, spans: Spans) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the words that spans lie on.

    Returns:
        First word and last word (exclusive) of each span, ``int64 (e,)``, both among the U words;
        and whether it has exactly their characters, ``bool (e,)``. A span between words has none.
    """
    first = np.empty(len(spans), np.int64)
    last = np.empty(len(spans), np.int64)
    borders = np.searchsorted(spans.owner, np.arange(len(batch.words) + 1))
    for i, (words, at) in enumerate(zip(batch.words, batch.firsts.tolist(), strict=False)):
        mine = slice(borders[i], borders[i + 1])
        if borders[i] == borders[i + 1]:
            continue
        first[mine] = at + np.searchsorted(words.ends, spans.starts[mine], side="right")
        last[mine] = at + np.searchsorted(words.starts, spans.ends[mine], side="left")
    some = last > first
    at_first, at_last = np.minimum(first, len(batch.starts) - 1), np.maximum(last - 1, 0)
    exact = some.copy()
    if len(batch.starts):
        exact &= batch.starts[at_first] == spans.starts
        exact &= batch.ends[at_last] == spans.ends
    return first, last, exact
