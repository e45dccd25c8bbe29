"""The demand of a scenario: what buyers want, by one sensitivity, by segments, or with nests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field
from pydantic_core import PydanticCustomError

from undercut.economics.scenario.number import (
    Any_,
    Fraction,
    Likeness,
    NotNegative,
    Positive,
    Share,
    assumed,
    wrong,
)
from undercut.economics.scenario.table import Mistakes, Table, rule


class Segment(Table):
    """Buyers with a price sensitivity of their own (mixed logit)."""

    name: str = Field(min_length=1)
    weight: Share
    alpha_per_usd_per_1k: Positive


class Nest(Table):
    """Products that are closer substitutes for one another than for the rest (nested logit)."""

    name: str = Field(min_length=1)
    rho: Likeness = Field(
        description="likeness within: 0 like any other product, near 1 the same good"
    )


class Buyers(Table):
    """Demand. Every figure is assumed until sales say otherwise; alpha is the decisive one."""

    demand: Literal["logit", "linear", "constant-elasticity"] = "logit"
    market_1k_per_month: Positive = Field(description="all that is bought, thousand a month")
    value_usd_per_1k: Any_ | None = Field(None, description="V: what a right answer is worth")
    error_usd: NotNegative = Field(
        assumed(0.01, "what one wrong answer costs a buyer"), description="cost of a wrong answer"
    )
    wait_usd_per_1k_per_ms: NotNegative = Field(
        assumed(0.0, "waiting costs nothing"), description="cost of waiting"
    )
    alpha_per_usd_per_1k: Positive | None = Field(None, description="price sensitivity")
    sales: str = Field(
        "",
        description="in place of alpha: a CSV file beside this one, with price_usd_per_1k and "
        "volume_1k (and product, month, market_1k), to which alpha is fitted; logit only",
    )
    elasticity: Any_ | None = Field(
        None, description="own-price elasticity, in place of alpha: -1.5; with the two below"
    )
    elasticity_at_usd_per_1k: Positive | None = Field(None, description="price it was seen at")
    elasticity_share: Fraction | None = Field(None, description="share of the market there")
    choke_usd_per_1k: Positive | None = Field(
        None, description="linear demand: price at which nobody buys"
    )
    segment: list[Segment] = Field(default_factory=list, description="mixed logit")
    nest: list[Nest] = Field(default_factory=list, description="nested logit")

    @rule("demand", "choke_usd_per_1k")
    def _line(self) -> Mistakes:
        if self.demand == "linear" and self.choke_usd_per_1k is None:
            return wrong("choke_usd_per_1k with linear demand", "none")
        return None

    @rule("demand", "elasticity")
    def _elastic(self) -> Mistakes:
        eta = self.elasticity.value if self.elasticity else None
        if self.demand == "constant-elasticity" and (eta is None or abs(eta) <= 1):
            return wrong(
                "an elasticity beyond -1 (such as -1.5) with constant elasticity: inside it "
                "profit grows with price for ever and there is no best price",
                "none" if eta is None else f"{eta:g}",
            )
        if self.demand == "logit" and self.elasticity is not None and (eta or 0) >= 0:
            return wrong("an elasticity below 0", repr(eta))
        return None

    @rule("demand", "elasticity", "elasticity_at_usd_per_1k", "elasticity_share")
    def _seen(self) -> Mistakes:
        needed = self.demand == "constant-elasticity" or (
            self.demand == "logit" and self.elasticity is not None
        )
        both = self.elasticity_at_usd_per_1k is not None and self.elasticity_share is not None
        if needed and not both:
            return wrong("elasticity_at_usd_per_1k and elasticity_share with it", "not both")
        return None

    @rule("demand", "value_usd_per_1k")
    def _worth(self) -> Mistakes:
        if self.demand == "logit" and self.value_usd_per_1k is None:
            return wrong("value_usd_per_1k, what a right answer is worth to a buyer", "none")
        return None

    @rule("demand", "alpha_per_usd_per_1k", "sales", "elasticity", "segment")
    def _one_way(self) -> Mistakes:
        if self.demand != "logit":
            return wrong("logit demand with sales", self.demand) if self.sales else None
        ways = (self.alpha_per_usd_per_1k is not None, bool(self.sales),
                self.elasticity is not None, bool(self.segment))  # fmt: skip
        if sum(ways) != 1:
            return wrong(
                "one of alpha_per_usd_per_1k, sales, elasticity, or [[buyers.segment]] tables",
                f"{sum(ways)} of them",
            )
        return None

    @rule("demand", "segment", "nest")
    def _parts(self) -> Iterator[PydanticCustomError]:
        if self.segment and self.demand == "logit":
            weights = sum(s.weight.value or 0.0 for s in self.segment)
            if abs(weights - 1) > 1e-6:
                yield wrong("weights of segments that add up to 1", f"{weights:g}")
        if self.nest and (self.segment or self.demand != "logit"):
            with_ = "segments" if self.segment else f"{self.demand} demand"
            yield wrong("nests with logit demand of one price sensitivity", f"nests with {with_}")
        for title, parts in (("segments", self.segment), ("nests", self.nest)):
            names = [p.name for p in parts]
            if len(set(names)) < len(names):
                yield wrong(f"{title} of different names", ", ".join(names))
