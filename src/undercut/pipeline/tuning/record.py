"""What a search found out: its trials, the best of them, and what mattered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from undercut.core.types import Record
from undercut.measures.record import PairedTest

COMPLETE, PRUNED, FAILED, LEFT_OUT = "complete", "pruned", "failed", "left out"


def settings(options: Mapping[str, Any]) -> str:
    """Return options on one line, as people read them."""
    return ", ".join(f"{k} {_written(v)}" for k, v in options.items()) or "defaults"


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_written, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


class TrialFacts(Record):
    """One setting that was tried. Money in USD, all attempts counted, killed ones included."""

    number: int
    method: str
    options: dict[str, Any] = Field(description="empty: the method's defaults")
    state: str = Field(description="complete | pruned | failed | left out")
    reason: str = Field("", description="why it is not complete")
    quality: float | None = Field(
        None, description="on validation; of a pruned trial, when it was ended"
    )
    cpu_seconds: float = Field(description="spent by this search; 0 where it was there already")
    usd: float
    usd_so_far: float = Field(description="what the search had cost after this trial")


class SearchFacts(Record):
    """One search, complete."""

    methods: list[str]
    sampler: str
    trials: list[TrialFacts]
    best: int = Field(description="number of the best trial")
    default: int = Field(description="number of the best trial with a method's defaults")
    versus_default: PairedTest | None = Field(
        None, description="A is the default, B the best; on the rows the best was chosen on"
    )
    options: dict[str, dict[str, Any]] = Field(description="what to put in undercut.toml")
    importances: dict[str, dict[str, float]] = Field(
        description="method -> option -> share of the variance of quality that is due to it"
    )
    stopped: str = Field(description="why the search ended")
    usd: float
    cpu_seconds: float
    wall_seconds: float
    budget_usd: float | None = None
    max_minutes: float | None = None
    max_trials: int | None = None
    journal: str = Field(description="the search's file, in Optuna's journal format")

    def trial(self, number: int) -> TrialFacts:
        """Return a trial by its number."""
        return next(t for t in self.trials if t.number == number)


@dataclass(frozen=True)
class Found:
    """What a search leaves to the run that follows.

    Attributes:
        facts: for the report.
        subjects: ledger subjects of all its steps.
        did_work: whether anything was tried now.
    """

    facts: SearchFacts
    subjects: list[str]
    did_work: bool
