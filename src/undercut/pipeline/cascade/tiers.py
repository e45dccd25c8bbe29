"""The tiers of a cascade: opened, timed alone, and what each says about the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from undercut.economics.tiers import Sample
from undercut.ledger.price import Rates, total
from undercut.models.cascade.tiers import confidence
from undercut.predict.predictor import Predictor
from undercut.predict.throughput import throughput

WARM_UP = 32
MOST_TEXTS = 2000
YARDSTICK_TEXTS = 512
ROUNDS = 3


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


@dataclass
class Clock:
    """How models are timed and priced: in one process, on the same texts, in turns.

    All figures are ratios to one model's speed in the same round: what else the machine does
    changes from one minute to the next, and speeds of different minutes cannot be compared.

    Attributes:
        texts: realistic inputs, in random order.
        threads: cores to use.
        rates: prices.
        when: date of the prices.
        yardstick: the model that all are compared with.
        pace: its texts a second, from the first rounds there were.
    """

    texts: Sequence[Any]
    threads: int
    rates: Rates
    when: date
    yardstick: Predictor
    pace: float | None = None

    def time(self, predictors: Sequence[Predictor], seconds: float) -> list[tuple[float, float]]:
        """Return texts a second, raw text to label, and USD a request at fully used cores, of each.

        Args:
            predictors: what is timed.
            seconds: how long each is, at least; a pass in each round is made however long it takes.
        """
        texts = self.texts[:MOST_TEXTS]
        short = texts[:YARDSTICK_TEXTS]
        for predictor in predictors:
            predictor.predict(texts[:WARM_UP])
        self.yardstick.predict(short[:WARM_UP])
        took: list[list[tuple[float, int]]] = [[] for _ in predictors]
        own: list[float] = []
        for number in range(ROUNDS):
            own.append(throughput(self.yardstick.predict, short, 0.0, 1)[0])
            turns = list(zip(predictors, took, strict=True))
            for predictor, rounds in turns[:: -1 if number % 2 else 1]:
                rounds.append(throughput(predictor.predict, texts, seconds / ROUNDS, 1))
        self.pace = self.pace or median(own)
        return [self._figures(rounds, own, self.pace) for rounds in took]

    def _figures(
        self, rounds: list[tuple[float, int]], own: list[float], pace: float
    ) -> tuple[float, float]:
        rate = pace * median(r / o for (r, _), o in zip(rounds, own, strict=True))
        cores = min(max(cores for _, cores in rounds), self.threads)
        seconds = Decimal(str(cores / rate))
        return rate, float(total([("cpu_second", seconds, self.when)], self.rates))


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
