"""The headline figure, and which sentences are right: entity F1, strictly."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from undercut.core.contracts import Judged
from undercut.core.types import Metric
from undercut.measures.f1 import bootstrap_micro_f1, micro_f1
from undercut.measures.metrics import macro_f1
from undercut.tasks.token_classification.align import Batch, Spans, words_under
from undercut.tasks.token_classification.found import Found, Matched, find


def judge(
    log_probs: np.ndarray, batch: Batch, gold: Spans, types: Sequence[str], labels: Sequence[str]
) -> Judged:
    """Set the scores of a batch against its entities.

    An entity counts when its characters and its type are exactly those of the target. Entities
    that words cannot form (they end inside one) are missed.
    """
    found = find(log_probs, batch, labels)
    matched = Matched.of(gold, found.spans)
    return Judged(
        quality=quality(matched, len(batch.words)),
        macro_f1=float(macro_f1(*matched.by_type.T)),
        right=right_sentences(batch, found, matched),
        answers=codes(found.tags, batch.sentences),
        classes=gold.kinds,
        found=matched.hit_gold,
        names=tuple(types),
        items=np.repeat(np.arange(len(batch.sentences) - 1), np.diff(batch.sentences)),
    )


def quality(matched: Matched, n: int) -> Metric:
    """Return micro-F1 over entities, its interval by resampling the n inputs."""
    counts = matched.counts(n)
    low, high = bootstrap_micro_f1(counts)
    return Metric(
        value=float(micro_f1(counts.sum(axis=0))), low=low, high=high, n=n, method="bootstrap"
    )


def right_sentences(batch: Batch, found: Found, matched: Matched) -> np.ndarray:
    """Return which sentences have exactly their entities, ``bool (s,)``."""
    right = np.ones(len(batch.sentences) - 1, bool)
    first, _, _ = words_under(batch, matched.gold)
    for units in (first[~matched.hit_gold], found.first[~matched.hit_answered]):
        at = np.searchsorted(batch.sentences, units, side="right") - 1
        right[np.clip(at, 0, max(len(right) - 1, 0))] = False
    return right


def codes(tags: np.ndarray, sentences: np.ndarray) -> np.ndarray:
    """Return a code of each sentence's tags, ``int64 (s,)``: equal codes, equal tags."""
    rows = tags.astype("<i4")
    digests = [blake2b(rows[a:b].tobytes(), digest_size=8).digest() for a, b in pairwise(sentences)]
    return np.frombuffer(b"".join(digests), "<i8").astype(np.int64)
