"""The numbers of a scenario with their sources in words: measured, dated, or assumed."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import Record


class Input(Record):
    """One number that went in."""

    key: str = Field(description="table and name, such as own.accuracy")
    value: float
    low: float | None = None
    high: float | None = None
    source: str = Field(description="in words")
    assumed: bool = Field(description="nothing but somebody's word stands behind it")


class RivalInput(Record):
    """One rival as it goes in. USD per 1,000 requests."""

    name: str
    usd_per_1k: float
    accuracy: float
    p95_ms: float
    reprices: bool
    policy: str
    cost_usd_per_1k: float | None
    fixed_usd_per_month: float
    cash_usd: float | None
    capacity_1k_per_month: float | None = None
    nest: str = ""
    note: str = ""


class Inputs(Record):
    """Everything that went in, by key."""

    name: str
    date: str = Field(description="ISO date of prices and rates")
    items: dict[str, Input]
    rivals: list[RivalInput]
    segments: list[str] = Field(default_factory=list, description="of buyers, by name")
    nests: list[str] = Field(default_factory=list, description="of products, by name")
    nest: str = Field("", description="the one our product is in; empty: none")
    left_out: list[str] = Field(default_factory=list, description="rivals without a price, and why")

    def __getitem__(self, key: str) -> float:
        return self.items[key].value

    def get(self, key: str) -> float | None:
        """Return a number, or ``None`` when the scenario leaves it out."""
        return self.items[key].value if key in self.items else None

    def assumptions(self) -> list[Input]:
        """Return the numbers that are assumed, in the order of the file."""
        return [i for i in self.items.values() if i.assumed]

    def ranged(self) -> list[Input]:
        """Return the numbers that have a low and a high."""
        return [i for i in self.items.values() if i.low is not None and i.high is not None]

    def with_value(self, key: str, value: float) -> Inputs:
        """Return a copy in which one number is another; a rival's own figures go with it."""
        items = {**self.items, key: self.items[key].model_copy(update={"value": value})}
        table, _, field = key.rpartition(".")
        rivals = [
            r.model_copy(update={field: value}) if table == f"rival.{r.name}" else r
            for r in self.rivals
        ]
        return self.model_copy(update={"items": items, "rivals": rivals})
