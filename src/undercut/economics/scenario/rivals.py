"""The others of a scenario: rivals with their prices, and a firm that may enter."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from undercut.economics.scenario.number import (
    NotNegative,
    Number,
    Positive,
    Probability,
    assumed,
    wrong,
)
from undercut.economics.scenario.table import Mistakes, Table, rule


def _one_currency(currency: str) -> str:
    if currency != "USD":
        raise wrong("USD everywhere: convert the prices at a rate you date", currency)
    return currency


Currency = Annotated[str, AfterValidator(_one_currency)]


class RivalRow(Table):
    """One rival: a model of the price list, or a price you enter with its date."""

    name: str = ""
    provider: str = ""
    model: str = ""
    currency: Currency = "USD"
    usd_per_1k: Positive = Field(
        Number(source="list"), description="its price; of the list at the date when left out"
    )
    accuracy: Probability = Field(
        Number(source="rival"), description="measured by undercut rival, else an assumption"
    )
    p95_ms: NotNegative = Field(assumed(500.0, "an API over the network"), description="latency")
    reprices: bool = Field(False, description="answers your price; big vendors do not")
    cost_usd_per_1k: NotNegative | None = Field(None, description="its unit cost, if it reprices")
    fixed_usd_per_month: NotNegative = Field(assumed(0.0, "not known"), description="its costs")
    cash_usd: NotNegative | None = Field(None, description="its cash; none: deep pockets")
    capacity_1k_per_month: Positive | None = Field(
        None, description="most it can sell, thousand requests a month; none: no limit"
    )
    nest: str = Field("", description="the [[buyers.nest]] its product belongs to")
    policy: Literal["hold", "best_reply", "match", "undercut", "exit"] = Field(
        "hold", description="what it does in a war"
    )

    @property
    def called(self) -> str:
        """Return the name it is shown under."""
        return self.name or self.model

    @rule("usd_per_1k", "provider", "model")
    def _priced(self) -> Mistakes:
        if self.usd_per_1k.kind == "list" and not (self.provider and self.model):
            return wrong("provider and model, as the price list has them, or usd_per_1k", "neither")
        return None

    @rule("name", "model")
    def _named(self) -> Mistakes:
        if not (self.name or self.model):
            return wrong("a name, or a provider and model", "none")
        if self.name == "you":
            return wrong("another name: 'you' is you", "'you'")
        return None

    @rule("reprices", "cost_usd_per_1k")
    def _answers(self) -> Mistakes:
        if self.reprices and self.cost_usd_per_1k is None:
            return wrong("cost_usd_per_1k of a rival that reprices", "none")
        return None


class Entrant(Table):
    """A firm that is not there yet: at which price does it stay out, and does that pay?"""

    accuracy: Probability
    p95_ms: NotNegative = Field(assumed(100.0, "not known"), description="latency")
    cost_usd_per_1k: NotNegative = Field(description="its unit cost")
    entry_cost_usd: Positive = Field(description="what entering costs it once")
