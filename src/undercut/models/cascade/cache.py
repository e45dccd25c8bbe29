"""Answers kept in memory: of the same text, and of texts that a reader would call the same.

A cache belongs to one opened artefact and dies with it, so it never answers for another model. It
stands behind the first tier: asking that one costs about as much as looking up. Both kinds keep
the answers used last (least recently used go first).
"""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from typing import Any

import numpy as np

from undercut.data.normal import same_key

Kept = tuple[np.ndarray, str, bool]
"""An answer: its log-probabilities ``(K,)``, its tier, whether the input was cut."""


def near_key(value: Any) -> str:
    """Return a key equal for texts that differ in case, width, white space or punctuation alone.

    Digits, letters, marks and symbols (an emoji, a currency) count, so that no word is lost; an
    answer is never taken from a text that has a word more or less.
    """
    kept = "".join(
        " " if unicodedata.category(c)[0] == "P" and c not in "'’" else c for c in same_key(value)
    )
    return " ".join(kept.split())


class Answers:
    """At most ``exact`` answers by the text as it is, and ``near`` by :func:`near_key`.

    Attributes:
        looked, hits, near_hits: how often it was asked, and answered by either kind.
    """

    def __init__(self, exact: int, near: int) -> None:
        self._exact, self._near = _Recent(exact), _Recent(near)
        self.looked = self.hits = self.near_hits = 0

    def get(self, value: Any) -> Kept | None:
        """Return the answer kept for an input, or ``None``."""
        self.looked += 1
        if self._exact.most and (found := self._exact.get(str(value))) is not None:
            self.hits += 1
            return found
        if self._near.most and (found := self._near.get(near_key(value))) is not None:
            self.near_hits += 1
            return found
        return None

    def put(self, value: Any, answer: Kept) -> None:
        """Keep an answer; the one used longest ago goes."""
        if self._exact.most:
            self._exact.put(str(value), answer)
        if self._near.most:
            self._near.put(near_key(value), answer)

    def __len__(self) -> int:
        return len(self._exact) + len(self._near)


class _Recent(OrderedDict[str, Kept]):
    """A mapping that forgets what was used longest ago."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def get(self, key: str) -> Kept | None:  # type: ignore[override]
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]

    def put(self, key: str, answer: Kept) -> None:
        self[key] = answer
        self.move_to_end(key)
        if len(self) > self.most:
            self.popitem(last=False)
