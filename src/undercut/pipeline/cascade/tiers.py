"""The tiers of a cascade: opened, timed alone, and what each says about the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from undercut.economics.tiers import Sample
from undercut.ledger.price import Rates, total
from undercut.models.cascade.tiers import confidence
from undercut.predict.predictor import Predictor
from undercut.predict.throughput import throughput

WARM_UP = 32
MOST_TEXTS = 2000


@dataclass
class Tier:
    """One tier.

    Attributes:
        name: in the cascade.
        folder: the artefact that is served.
        predictor: that artefact, opened.
        chooser: the artefact that thresholds are chosen with.
        outside: an API that is never timed: what it said was bought, and costs what it billed.
        fixed: it answers whenever it says something, so it has no threshold to choose.
        usd: what a request costs at it, USD.
        texts_per_second: alone, end to end; ``None`` where it is not timed.
        said: log-probabilities of the rows, by split, ``(n, K)``.
    """

    name: str
    folder: Path
    predictor: Predictor
    chooser: Predictor
    fixed: bool = False
    outside: bool = False
    usd: float = 0.0
    texts_per_second: float | None = None
    said: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Clock:
    """How models are timed and priced: all on the same texts, in one process.

    Attributes:
        texts: realistic inputs, in random order.
        threads: cores to use.
        rates: prices.
        when: date of the prices.
    """

    texts: Sequence[Any]
    threads: int
    rates: Rates
    when: date

    def time(self, predictor: Predictor, seconds: float) -> tuple[float, float]:
        """Return texts a second, raw text to label, and USD a request, its cores fully used."""
        texts = self.texts[:MOST_TEXTS]
        predictor.predict(texts[:WARM_UP])
        rate, cores = throughput(predictor.predict, texts, seconds)
        used = Decimal(str(min(cores, self.threads) / rate))
        return rate, float(total([("cpu_second", used, self.when)], self.rates))


def sample_of(tiers: Sequence[Tier], split: str, targets: np.ndarray) -> Sample:
    """Return what the tiers said about the rows of a split, beside the truth.

    Args:
        tiers: each with its log-probabilities of the split.
        split: which rows.
        targets: encoded, ``int64 (n,)``.
    """
    said = [t.said[split] for t in tiers]
    return Sample(
        np.stack([confidence(rows) for rows in said]),
        np.stack([rows.argmax(axis=1) == targets for rows in said]),
        tuple(t.usd for t in tiers),
        tuple(t.fixed for t in tiers),
    )
