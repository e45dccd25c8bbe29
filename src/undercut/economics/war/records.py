"""A price war described, and what came out of it. Months of 730 hours; rates in USD/1k."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from undercut.core.types import Record
from undercut.economics.arrays import Array

PolicyKind = Literal["hold", "best_reply", "match", "undercut", "limit", "exit"]


class Policy(Record):
    """How a firm sets its price each month, from the prices of the month before.

    ``hold`` keeps the price (releases still move it). ``best_reply`` takes the price that earns
    most this month against the others' last prices. ``match`` takes the lowest rival price,
    ``undercut`` that price less ``undercut_share``; neither goes below ``floor_usd_per_1k``.
    ``limit`` keeps ``limit_usd_per_1k``. ``exit`` replies best and leaves once it has lost cash for
    ``patience_months`` months running. Match and undercut are there to see what a rival would do
    to you: nothing here recommends them.
    """

    kind: PolicyKind = "hold"
    undercut_share: float = Field(0.05, description="of the lowest rival price, 0 to 1")
    limit_usd_per_1k: float | None = Field(None, description="for limit; see entry.limit_price")
    floor_usd_per_1k: float | None = Field(
        None, description="lowest price of match and undercut; None: the month's variable cost"
    )
    patience_months: int = Field(3, description="months of losses running before exit leaves")


class Release(Record):
    """Arrivals of a firm's new models: Poisson, each with a price and a quality jump."""

    per_year: float = Field(0.0, description="mean number of releases a year")
    price_ratio: float = Field(
        1.0, description="median of new price and new cost over the old; 0.5 halves them"
    )
    price_ratio_spread: float = Field(0.0, description="standard deviation of its logarithm")
    quality_jump: float = Field(0.0, description="mean rise of delta, in utility")
    quality_spread: float = Field(0.0, description="standard deviation of that rise")
    cost_follows: bool = Field(True, description="the variable cost falls by the same ratio")


class Funding(Record):
    """Money that may come in: at a set month, or by chance each month."""

    usd: float = Field(0.0, description="amount of a round")
    month: int | None = Field(None, description="1 is the first month; None: by chance only")
    per_year: float = Field(0.0, description="mean number of rounds a year, where by chance")


class Firm(Record):
    """One seller of one product."""

    name: str
    delta: float = Field(description="utility at a price of 0, at the start")
    price_usd_per_1k: float = Field(description="at the start")
    variable_usd_per_1k: float = Field(description="variable cost at the start")
    fixed_usd_per_month: float = 0.0
    cash_usd: float | None = Field(None, description="at the start; None: never runs out")
    policy: Policy = Policy()
    release: Release = Release()
    funding: Funding = Funding()
    cost_ratio_per_year: float = Field(
        1.0, description="variable cost after a year over before, smoothly; 0.5 halves it"
    )
    profit_noise_usd: float = Field(
        0.0, description="standard deviation of a month's profit that the model does not explain"
    )
    capacity_1k_per_month: float | None = Field(None, description="most it can sell; None: no end")


class War(Record):
    """Firms, their buyers, and how long to look."""

    firms: list[Firm] = Field(description="the first is `us`")
    alpha: float = Field(description="price sensitivity, per USD/1k: the decisive assumption")
    market_1k_per_month: float = Field(description="M, thousand requests a month, at the start")
    growth_per_year: float = Field(1.0, description="market after a year over before")
    demand_spread: float = Field(
        0.0, description="standard deviation of the logarithm of a month's market"
    )
    inertia: float = Field(0.0, description="kappa: utility of staying with last month's seller")
    log_outside: float = Field(0.0, description="utility of buying from none of these")
    months: int = 36
    paths: int = 10_000
    seed: int = 0
    discount_per_month: float = Field(0.0, description="rate at which later profits count less")


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class WarResult:
    """Outcomes over all paths; N months, F firms, Q quantiles, in the order of ``war.firms``.

    Attributes:
        names: of the firms.
        quantiles: the Q probabilities of the fans, :data:`QUANTILES`.
        survival: share of paths in which the firm is still selling at a month's end, ``(N, F)``.
        survival_error: standard error of each, ``(N, F)``.
        price: quantiles of the price among those still selling, USD/1k, ``(N, F, Q)``; where none
            is left, those of the last prices asked.
        share: quantiles of the share of the market, 0 after an exit, ``(N, F, Q)``.
        cash: quantiles of cash, USD, ``(N, F, Q)``; counted from 0 for firms without an end.
        mean_price: mean price among those still selling, USD/1k, ``(N, F)``.
        mean_share: mean share of the market, ``(N, F)``.
        mean_profit: mean profit after fixed costs, USD a month, 0 after an exit, ``(N, F)``.
        present_value: mean of discounted profits over all months, USD, ``(F,)``.
        present_value_error: standard error of it, ``(F,)``.
        ruined: share of paths in which the firm ran out of cash, ``(F,)``.
        left: share of paths in which it left by its policy, ``(F,)``.
        runway_months: cash over the first month's expected loss; ``None``: no loss, or no end.
        runway_ratio: our runway over the shortest rival's; ``None`` where either has no end.
        paths: simulated.
        fan_paths: the first paths, from which the quantiles are taken.
    """

    names: list[str]
    quantiles: tuple[float, ...]
    survival: Array
    survival_error: Array
    price: Array
    share: Array
    cash: Array
    mean_price: Array
    mean_share: Array
    mean_profit: Array
    present_value: Array
    present_value_error: Array
    ruined: Array
    left: Array
    runway_months: list[float | None]
    runway_ratio: float | None
    paths: int
    fan_paths: int

    def alive(self, firm: int = 0, month: int | None = None) -> float:
        """Return the chance that a firm is still selling at the end of a month (1 is the first)."""
        return float(self.survival[-1 if month is None else month - 1, firm])
