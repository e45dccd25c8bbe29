"""What a search has spent, read from the ledger, and whether it may go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from undercut.ledger.book import Book
from undercut.ledger.price import Rates
from undercut.pipeline.report.format import money
from undercut.pipeline.spending import usd_of


@dataclass
class Budget:
    """The bounds of a search and the ledger entries that count against them.

    Attributes:
        usd, minutes, trials: bounds; ``None`` where there is none.
        threads: cores, to turn CPU-seconds that are expected into minutes.
        book: the ledger.
        since: when the search was begun: what was spent before is not its own.
        subjects: ledger subjects of the search, in order.
    """

    usd: float | None
    minutes: float | None
    trials: int | None
    threads: int
    rates: Rates
    when: Any
    book: Book
    since: datetime
    subjects: list[str] = field(default_factory=list)

    def of(self, subject: str, unit: str = "cpu_second") -> float:
        """Return what the search spent on a subject, over all attempts."""
        rows = self.book.entries(subject)
        mine = (e.quantity for e in rows if e.unit == unit and e.at >= self.since)
        return float(sum(mine, Decimal(0)))

    def count(self, subject: str) -> None:
        """Count a subject from now on."""
        if subject not in self.subjects:
            self.subjects.append(subject)

    def spent(self, unit: str = "cpu_second") -> float:
        """Return what the search has spent so far."""
        return sum(self.of(s, unit) for s in self.subjects)

    def price(self, cpu_seconds: float) -> float:
        """Return USD for CPU-seconds."""
        return usd_of(cpu_seconds, self.rates, self.when)

    def room(self, reserve: float) -> float:
        """Return the CPU-seconds that are left, less ``reserve``; infinite without a bound."""
        left = [float("inf")]
        if self.usd is not None:
            left.append(self.usd / self.price(1.0) - self.spent() - reserve)
        if self.minutes is not None:
            seconds = 60 * self.minutes - self.spent("wall_second")
            left.append(seconds * self.threads - reserve)
        return min(left)

    def too_much(self, cpu_seconds: float, reserve: float) -> str:
        """Return why a trial that takes so many CPU-seconds may not start, or ``""``.

        Args:
            cpu_seconds: what it is expected to take.
            reserve: what is kept back, for fitting the best once more on all rows.
        """
        kept = f" with {money(self.price(reserve))} kept for the refit" if reserve else ""
        used, next_ = self.spent(), self.price(cpu_seconds)
        if self.usd is not None and self.price(used + reserve) + next_ > self.usd:
            return (
                f"it would cost about {money(next_)} on top of {money(self.price(used))}{kept}, "
                f"over the budget of {money(self.usd)}"
            )
        gone = self.spent("wall_second") / 60
        ahead = (cpu_seconds + reserve) / self.threads / 60
        if self.minutes is not None and gone + ahead > self.minutes:
            return (
                f"it would take about {ahead:.1f} minutes{kept and ', the refit counted,'} on top "
                f"of {gone:.1f}, over the limit of {self.minutes:g}"
            )
        return ""
