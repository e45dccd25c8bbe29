"""Scores to entities, and entities set against targets: exact borders and type, or a miss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from undercut.tasks.token_classification.align import Batch, Spans
from undercut.tasks.token_classification.scheme import read, scheme_of
from undercut.tasks.token_classification.viterbi import best_tags


@dataclass(frozen=True)
class Found:
    """What a model says of a batch.

    Attributes:
        tags: well-formed tags of the words, ``int64 (U,)``.
        first, last: words of each entity, ``last`` exclusive, ``int64 (e,)``.
        spans: the entities.
    """

    tags: np.ndarray
    first: np.ndarray
    last: np.ndarray
    spans: Spans


def find(log_probs: np.ndarray, batch: Batch, labels: Sequence[str]) -> Found:
    """Return the entities of the likeliest well-formed tags of each sentence.

    Args:
        log_probs: ``(U, K)``.
        batch: the words.
        labels: the K tags.
    """
    scheme = scheme_of(tuple(labels))
    units = int(batch.firsts[-1])
    scores = np.asarray(log_probs).reshape(units, -1) if units else np.zeros((0, len(labels)))
    tags = best_tags(scores, batch.sentences, scheme)
    first, last, kinds = read(scheme, tags, batch.sentences)
    ends = batch.ends[last - 1] if len(last) else last
    return Found(tags, first, last, Spans(batch.owner(first), batch.starts[first], ends, kinds))


def confidence(
    log_probs: np.ndarray, found: Found, batch: Batch, labels: Sequence[str]
) -> np.ndarray:
    """Return the probability of each entity found, ``float64 (e,)``.

    It is that of its least certain word, the word after it included: the lowest among the
    probabilities of its tags, and that the next word of the sentence does not go on with it.
    """
    if not len(found.first):
        return np.zeros(0)
    x = np.asarray(log_probs, np.float64)
    scheme = scheme_of(tuple(labels))
    sure = x[np.arange(len(found.tags)), found.tags]
    edges = np.stack([found.first, found.last], axis=1).ravel()
    lowest = np.exp(np.minimum(np.minimum.reduceat(np.append(sure, 0.0), edges)[::2], 0.0))
    inside = ~np.isin(found.last, batch.sentences)  # a word of the same sentence follows
    after, kinds = found.last[inside], found.spans.kinds[inside]
    going_on = scheme.goes_on[None] & (scheme.type_of[None] == kinds[:, None])  # (e', K)
    share = np.where(going_on, np.exp(np.minimum(x[after], 0.0)), 0.0).sum(axis=1)
    lowest[inside] = np.minimum(lowest[inside], np.clip(1.0 - share, 0.0, 1.0))
    result: np.ndarray = lowest
    return result


@dataclass(frozen=True)
class Matched:
    """Entities found set against those there are.

    Attributes:
        gold, answered: the entities there are, and those answered.
        hit_gold, hit_answered: which of each are of the other too, ``bool``.
    """

    gold: Spans
    answered: Spans
    hit_gold: np.ndarray
    hit_answered: np.ndarray

    @classmethod
    def of(cls, gold: Spans, answered: Spans) -> Matched:
        """Match by input, characters and type, all alike."""
        wanted, given = gold.keys(), answered.keys()
        both = set(wanted) & set(given)
        return cls(
            gold,
            answered,
            np.array([k in both for k in wanted], bool),
            np.array([k in both for k in given], bool),
        )

    def counts(self, n: int) -> np.ndarray:
        """Return hits, entities there are and entities answered of each input, ``(n, 3)``."""
        hits = np.bincount(self.gold.owner[self.hit_gold], minlength=n)
        wanted = np.bincount(self.gold.owner, minlength=n)
        return np.stack([hits, wanted, np.bincount(self.answered.owner, minlength=n)], axis=1)

    @cached_property
    def by_type(self) -> np.ndarray:
        """Hits, entities there are and entities answered of each type, ``(T, 3)``."""
        kinds = np.concatenate([self.gold.kinds, self.answered.kinds])
        t = int(kinds.max()) + 1 if len(kinds) else 0
        hits = np.bincount(self.gold.kinds[self.hit_gold], minlength=t)
        wanted = np.bincount(self.gold.kinds, minlength=t)
        return np.stack([hits, wanted, np.bincount(self.answered.kinds, minlength=t)], axis=1)
