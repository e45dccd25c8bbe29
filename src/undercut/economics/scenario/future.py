"""What moves in a scenario while a price war lasts, and how the war is played."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from undercut.economics.scenario.number import (
    Fraction,
    Kappa,
    NotNegative,
    PerYear,
    Ratio,
    Share,
    Spread,
    assumed,
    wrong,
)
from undercut.economics.scenario.table import Mistakes, Table, rule

Policy = Literal["hold", "best_reply", "match", "undercut", "limit", "exit"]


class Future(Table):
    """What moves while a war lasts."""

    releases_per_year: PerYear = Field(assumed(2.0, "new models of a rival a year"))
    release_price_ratio: Ratio = Field(
        assumed(0.5, "median cut on the public price history, Jun 2025 to Oct 2026"),
        description="price after a release over price before it",
    )
    release_price_spread: Spread = Field(
        assumed(0.4, "spread of the log of that ratio"), description="standard deviation of ln"
    )
    release_error_ratio: Share = Field(
        assumed(0.9, "errors left after a release"), description="of a rival's errors"
    )
    own_cost_ratio_per_year: Ratio = Field(
        assumed(0.8, "computing gets cheaper"), description="own unit cost after a year over before"
    )
    demand_ratio_per_year: Ratio = Field(
        assumed(1.0, "the market stands still"), description="market after a year over before"
    )
    demand_spread: Spread = Field(
        assumed(0.1, "month to month"), description="standard deviation of ln of a month's market"
    )
    inertia: Kappa = Field(
        assumed(1.0, "what keeps a buyer where he is"), description="utility of not switching"
    )


class War(Table):
    """How the war is played."""

    policy: Policy = Field("best_reply", description="yours")
    undercut_share: Fraction = Field(
        assumed(0.05, "with policy undercut"), description="below the cheapest rival"
    )
    limit_usd_per_1k: NotNegative | None = Field(None, description="price of policy limit")
    paths: int = Field(10_000, ge=100, le=1_000_000)
    seed: int = Field(0, ge=0)

    @rule("policy", "limit_usd_per_1k")
    def _limited(self) -> Mistakes:
        if self.policy == "limit" and self.limit_usd_per_1k is None:
            return wrong("limit_usd_per_1k with policy limit", "none")
        return None
