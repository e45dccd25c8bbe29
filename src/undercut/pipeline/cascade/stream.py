"""What answer caches would do on a stream of texts in the order they came in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from undercut.models.cascade.tiers import CascadeScorer
from undercut.pipeline.cascade.facts import CacheFacts
from undercut.predict.predictor import Predictor, load, open_scorer
from undercut.store import artefacts

BATCH = 64
"""Texts that come in at a time: a cache learns only between batches."""


def opened(folder: Path, threads: int) -> tuple[Predictor, CascadeScorer]:
    """Open a cascade, and its scorer beside it: for its thresholds and its counts."""
    manifest = artefacts.read_manifest(folder)
    scorer = open_scorer(folder, manifest, None, threads)
    assert isinstance(scorer, CascadeScorer)
    return Predictor(folder, manifest, scorer, threads), scorer


def _timed(predictor: Any, texts: Sequence[str]) -> tuple[list[str], float]:
    """Return the labels of a stream, and texts a second."""
    predictor.predict(["warm up"])
    begin = time.perf_counter()
    labels = [
        answer.label
        for start in range(0, len(texts), BATCH)
        for answer in predictor.predict(list(texts[start : start + BATCH]))
    ]
    return labels, len(texts) / (time.perf_counter() - begin)


def cache_facts(cached: Path, plain: Path, texts: Sequence[str], threads: int) -> CacheFacts:
    """Answer a stream with and without the cache.

    Args:
        cached: the cascade with its cache.
        plain: the same without.
        texts: in their order, at least one.
        threads: cores to use.
    """
    predictor, scorer = opened(cached, threads)
    labels, rate = _timed(predictor, texts)
    plainly, rate_without = _timed(load(plain, threads=threads), texts)
    kept = scorer.cache
    assert kept is not None
    return CacheFacts(
        texts=len(texts),
        escalated=kept.looked,
        hits=kept.hits,
        near_hits=kept.near_hits,
        hit_share=(kept.hits + kept.near_hits) / kept.looked if kept.looked else 0.0,
        differ=sum(a != b for a, b in zip(labels, plainly, strict=True)),
        texts_per_second=rate,
        texts_per_second_without=rate_without,
    )
