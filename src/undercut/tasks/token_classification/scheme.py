"""Tags of words: which there are, which may follow which, and entities to tags and back.

The tags are IOB2: ``O`` outside, ``B-X`` on the first word of an entity of type X, ``I-X`` on the
others. What follows reads the scheme from the tags, so that BIOES (``E-X`` on the last word,
``S-X`` on the only one) works as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

PREFIXES = "BI"
OUTSIDE = "O"


def tags(types: Iterable[str], prefixes: str = PREFIXES) -> tuple[str, ...]:
    """Return ``O`` and the tags of the types, types sorted."""
    return (OUTSIDE, *(f"{p}-{t}" for t in sorted(set(types)) for p in prefixes))


def type_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the entity types of tags, in order."""
    return tuple(dict.fromkeys(tag[2:] for tag in labels if tag != OUTSIDE))


@dataclass(frozen=True)
class Scheme:
    """Tags, taken apart. K tags, T types.

    Attributes:
        types: entity types ``(T,)``.
        type_of: position of each tag's type, -1 for ``O``, ``int64 (K,)``.
        opens: starts an entity (B, S), ``bool (K,)``.
        goes_on: continues one (I, E), so it may only follow the tags in ``before``, ``bool (K,)``.
        ends: after it an entity may be over: all tags in IOB2, O, E and S in BIOES, ``bool (K,)``.
        before: for a tag that goes on, the two tags it may follow (B and I of its type);
            for others its own position twice, ``int64 (2, K)``.
        pick: tag of each type by role: only word, first, middle, last, ``int64 (4, T)``.
    """

    types: tuple[str, ...]
    type_of: np.ndarray
    opens: np.ndarray
    goes_on: np.ndarray
    ends: np.ndarray
    before: np.ndarray
    pick: np.ndarray

    def transitions(self) -> np.ndarray:
        """Return whether column may follow row, ``bool (K, K)``."""
        k = len(self.opens)
        allowed = np.repeat((~self.goes_on)[None], k, axis=0) & self.ends[:, None]
        for tag in np.flatnonzero(self.goes_on):
            allowed[self.before[:, tag], tag] = True
        return allowed

    @property
    def first(self) -> np.ndarray:
        """Tags a sentence may begin with, ``bool (K,)``."""
        return ~self.goes_on


@lru_cache(maxsize=64)
def scheme_of(labels: tuple[str, ...]) -> Scheme:
    """Return the scheme of tags in any order, one of them ``O``."""
    types, at = type_names(labels), {tag: i for i, tag in enumerate(labels)}
    whole = any(tag.startswith(("E-", "S-")) for tag in labels)
    place = {name: i for i, name in enumerate(types)}
    before = np.repeat(np.arange(len(labels))[None], 2, axis=0)
    pick = np.zeros((4, len(types)), np.int64)
    for name in types:
        b, i = at[f"B-{name}"], at[f"I-{name}"]
        s, e = (at[f"S-{name}"], at[f"E-{name}"]) if whole else (b, i)
        pick[:, place[name]] = s, b, i, e
        before[:, [i, e]] = [[b, b], [i, i]]
    head = np.array([tag[0] for tag in labels])
    return Scheme(
        types,
        np.array([-1 if tag == OUTSIDE else place[tag[2:]] for tag in labels], np.int64),
        np.isin(head, ["B", "S"]),
        np.isin(head, ["I", "E"]),
        np.isin(head, ["O", "E", "S"]) if whole else np.ones(len(labels), bool),
        before,
        pick,
    )


def write(
    scheme: Scheme, first: np.ndarray, last: np.ndarray, kind: np.ndarray, units: int
) -> np.ndarray:
    """Return the tags of entities that do not overlap, as positions, ``int64 (units,)``.

    Args:
        scheme: of the tags; ``O`` is wherever there is no entity.
        first: first word of each entity, ``int64 (e,)``.
        last: word after its last, ``int64 (e,)``.
        kind: type of each, as a position, ``int64 (e,)``.
        units: how many words there are.
    """
    tags = np.full(units, int(np.flatnonzero(scheme.type_of < 0)[0]), np.int64)
    only, begin, middle, end = scheme.pick
    for a, b, k in zip(first.tolist(), last.tolist(), kind.tolist(), strict=True):
        if b - a == 1:
            tags[a] = only[k]
            continue
        tags[a], tags[b - 1] = begin[k], end[k]
        tags[a + 1 : b - 1] = middle[k]
    return tags


def read(
    scheme: Scheme, tags: np.ndarray, sentences: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the entities of well-formed tags.

    Args:
        scheme: of the tags.
        tags: positions ``int64 (U,)``.
        sentences: first word of each sentence, and U at the end, ``int64 (s + 1,)``.

    Returns:
        First word, last word (exclusive) and type of each entity, in order, ``int64 (e,)`` each.
    """
    first = np.flatnonzero(scheme.opens[tags])
    over = np.ones(len(tags) + 1, bool)  # no entity runs from word u - 1 into word u
    over[: len(tags)] = ~scheme.goes_on[tags]
    over[sentences] = True
    stops = np.flatnonzero(over)
    last = stops[np.searchsorted(stops, first, side="right")]
    return first, last, scheme.type_of[tags[first]]
