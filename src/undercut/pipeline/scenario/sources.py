"""Where the numbers of a scenario are read from: runs, load tests, rates, books, each once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from undercut.core.errors import Problem, UndercutError
from undercut.economics.scenario.whole import Scenario
from undercut.ledger.price import Rates
from undercut.pipeline.facts import RunFacts, VariantFacts
from undercut.pipeline.run import read_facts
from undercut.pipeline.saturation import LoadTest, read

NEWEST = "newest"


@dataclass
class Sources:
    """Where numbers are read from; each place is opened when the first number asks for it.

    Attributes:
        read: sources already read, by name, so that nothing is read twice.
    """

    scenario: Scenario
    workspace: Path
    rates: Rates
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """Return the date of prices and rates."""
        return self.scenario.date

    def run(self, name: str) -> tuple[RunFacts, VariantFacts]:
        """Return a run's facts and the variant that is meant: ``NAME`` or ``NAME/VARIANT``."""
        if name == NEWEST:
            name = self.scenario.own.run or NEWEST
        run, _, variant = name.partition("/")
        if f"run:{run}" not in self.read:
            wanted = None if run == NEWEST else run
            self.read[f"run:{run}"] = read_facts(self.workspace, wanted)
        facts: RunFacts = self.read[f"run:{run}"]
        for v in facts.variants:
            if (v.name == variant) if variant else v.promoted:
                return facts, v
        known = ", ".join(v.name for v in facts.variants)
        raise UndercutError(
            "scenario-invalid", Problem(f"a variant of run {run}: {known}", f"'{variant}'")
        )

    def loadtest(self, name: str) -> LoadTest:
        """Return a load test of the workspace."""
        if f"loadtest:{name}" not in self.read:
            self.read[f"loadtest:{name}"] = read(self.workspace, name)
        return self.read[f"loadtest:{name}"]  # type: ignore[no-any-return]

    @cached_property
    def books(self) -> list[Path]:
        """Return the price books of the scenario, as paths."""
        return [Path(self.scenario.folder) / b for b in self.scenario.books]
