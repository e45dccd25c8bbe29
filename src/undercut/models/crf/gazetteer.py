"""Lists of names: phrases met as entities in training, and the user's own files.

A phrase is a hash of the normal forms of its words. In training a phrase counts for a document
only if another document has it as well: otherwise every entity would be on the list, and the model
would learn to trust a list that knows everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from undercut.models.crf.hashing import joined
from undercut.models.crf.layout import Layout

LISTS = 32
"""Most lists: one bit each."""
LONGEST = 32
"""Words of the longest phrase that is looked for."""
ONLY, FIRST, MIDDLE, LAST = 1, 2, 3, 4


@dataclass(frozen=True)
class Gazetteer:
    """Phrases on lists.

    Attributes:
        keys: hashes of phrases, increasing, ``uint32 (p,)``.
        lists: lists each is on, a bit each, ``uint32 (p,)``.
        count: how many lists there are.
        longest: words of the longest phrase.
    """

    keys: np.ndarray
    lists: np.ndarray
    count: int
    longest: int

    def find(self, phrases: np.ndarray) -> np.ndarray:
        """Return the place of each phrase in ``keys``, -1 where it is not there, ``int64``."""
        if not len(self.keys):
            return np.full(len(phrases), -1, np.int64)
        at = np.minimum(np.searchsorted(self.keys, phrases), len(self.keys) - 1)
        return np.where(self.keys[at] == phrases, at, -1)


EMPTY = Gazetteer(np.zeros(0, np.uint32), np.zeros(0, np.uint32), 0, 0)


def phrases(layout: Layout, longest: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield number of words, first words and hashes of all phrases within sentences."""
    norm = layout.words.of("norm")
    end = layout.first[layout.sentence + 1] if len(layout) else np.zeros(0, np.int64)
    start, h = np.arange(len(layout)), norm
    for n in range(1, longest + 1):
        if n > 1:
            fits = start + n <= end[start]
            start, h = start[fits], h[fits]
            h = joined(h, norm[start + n - 1])
        yield n, start, h


def positions(layout: Layout, gazetteer: Gazetteer, owner: np.ndarray | None = None) -> np.ndarray:
    """Return where in a listed phrase each word stands, ``uint8 (w, lists)``, 0 where in none.

    The longest phrase that covers a word counts.

    Args:
        layout: the words.
        gazetteer: the lists.
        owner: the one training document that has a phrase on a list, -1 for several,
            ``int64 (p, lists)``: its own phrases are not found in it.
    """
    found = np.zeros((len(layout), gazetteer.count), np.uint8)
    document = layout.document[layout.sentence] if len(layout) else np.zeros(0, np.int64)
    bits = np.uint32(1) << np.arange(gazetteer.count, dtype=np.uint32)
    for n, start, h in phrases(layout, gazetteer.longest):
        place = gazetteer.find(h)
        hit = np.flatnonzero(place >= 0)
        on = (gazetteer.lists[place[hit], None] & bits) > 0
        if owner is not None:
            on &= owner[place[hit]] != document[start[hit], None]
        for j in range(n):
            at = start[hit] + j
            role = ONLY if n == 1 else FIRST if j == 0 else LAST if j == n - 1 else MIDDLE
            rows, lists = np.nonzero(on)
            found[at[rows], lists] = role
    return found


def hashes_of(
    layout: Layout, first: np.ndarray, last: np.ndarray, longest: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return which stretches of words have at most ``longest`` words, and their hashes.

    Args:
        layout: the words.
        first: first word of each stretch, ``int64 (e,)``.
        last: one past its last word, in the same sentence, ``int64 (e,)``.
        longest: longer ones are left out.

    Returns:
        Places of the stretches, ``int64``, and ``uint32`` hashes.
    """
    places, found = [np.zeros(0, np.int64)], [np.zeros(0, np.uint32)]
    for n, start, h in phrases(layout, longest):
        here = np.flatnonzero(last - first == n)
        places.append(here)
        found.append(h[np.searchsorted(start, first[here])])
    return np.concatenate(places), np.concatenate(found)


def compile_lists(
    keys: np.ndarray, which: np.ndarray, owners: np.ndarray, count: int, longest: int
) -> tuple[Gazetteer, np.ndarray]:
    """Make the lists.

    Args:
        keys: hashes of phrases, in any order and more than once, ``uint32 (e,)``.
        which: the list each is on, ``int64 (e,)``; beyond :data:`LISTS` all share the last.
        owners: training document each comes from, -1 for none, ``int64 (e,)``.
        count: how many lists there are.
        longest: words of the longest phrase.

    Returns:
        The lists, and the owners that :func:`positions` needs in training.
    """
    count = min(count, LISTS)
    distinct, place = np.unique(keys, return_inverse=True)
    at = (place, np.minimum(which, count - 1))
    low = np.full((len(distinct), count), np.iinfo(np.int64).max)
    high = np.full((len(distinct), count), np.iinfo(np.int64).min)
    np.minimum.at(low, at, owners)
    np.maximum.at(high, at, owners)
    on = high >= low
    bits = np.uint32(1) << np.arange(count, dtype=np.uint32)
    lists = np.where(on, bits, np.uint32(0)).sum(axis=1, dtype=np.uint32)
    owner = np.where(on & (low == high), low, -1)
    return Gazetteer(distinct.astype(np.uint32), lists, count, longest), owner
