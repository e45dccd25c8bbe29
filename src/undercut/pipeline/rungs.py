"""A climbed rung: its model, its variants, what it cost, and what bounds the climb."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from undercut.core.types import Measurement
from undercut.ledger.price import Rates, total
from undercut.measures.record import PairedTest
from undercut.pipeline.facts import Footprint, RungFacts
from undercut.pipeline.fitting import Context
from undercut.pipeline.variants import Built, Measured, Parts, servable
from undercut.pipeline.workspace import Step

ASSUMED_REQUESTS_PER_MONTH = 100_000


@dataclass(frozen=True)
class Limits:
    """What bounds the climb. Money in USD."""

    target_accuracy: float | None
    budget_usd: float | None
    max_minutes: float | None
    error_usd: float
    requests_per_month: float | None
    horizon_months: float

    def worth_usd(self, gain: float) -> float:
        """Return what a gain in accuracy (a share) is worth over the horizon."""
        volume = self.requests_per_month or ASSUMED_REQUESTS_PER_MONTH
        return gain * volume * self.horizon_months * self.error_usd


@dataclass
class Rung:
    """A climbed rung: its model, its variants with their measurements."""

    name: str
    fit: Step
    parts: Parts
    scores: np.ndarray
    build: Step
    steps: list[Step]
    variants: list[tuple[Built, Measurement | None]] = field(default_factory=list)
    versus_previous: PairedTest | None = None
    note: str = ""

    @property
    def footprint(self) -> Footprint | None:
        """What the fit trained, took and left; ``None`` if it was fitted before that was kept."""
        found = self.fit.result
        if not Footprint.model_fields.keys() <= found.keys():
            return None
        return Footprint(**{name: found[name] for name in Footprint.model_fields})

    @property
    def measured(self) -> Measured:
        """Its best variant, beside which the rungs above are measured."""
        return Measured(*self.best())

    def best(self) -> tuple[Built, Measurement]:
        """Return the servable variant with the most texts a second."""
        able = {b.hash for b in servable([b for b, _ in self.variants])}
        measured = [(b, m) for b, m in self.variants if m is not None and b.hash in able]
        return max(measured, key=lambda pair: pair[1].texts_per_second / pair[1].threads)


@dataclass
class Climb:
    """The rungs climbed and every decision taken."""

    rungs: list[Rung]
    decisions: list[RungFacts]


def usd_per_1k(m: Measurement, rates: Rates, when: Any) -> float:
    """Return USD per 1,000 requests with the cores it uses fully used."""
    seconds = Decimal(str(1000 * m.threads / m.texts_per_second))
    return float(total([("cpu_second", seconds, when)], rates))


def spent(context: Context, steps: list[Step], unit: str = "cpu_second") -> Decimal:
    """Return the quantity that steps took over all their attempts, killed ones included."""
    book = context.workspace.book
    return sum(
        (e.quantity for s in steps for e in book.entries(s.subject) if e.unit == unit),
        Decimal(0),
    )
