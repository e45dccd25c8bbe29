"""Your own side of a scenario: what you sell, and the company behind it."""

from __future__ import annotations

from pydantic import Field

from undercut.economics.scenario.number import (
    Months,
    NotNegative,
    Number,
    Positive,
    Probability,
    assumed,
    wrong,
)
from undercut.economics.scenario.table import Mistakes, Table, rule

RUN = Number(source="run:newest")


class Own(Table):
    """What you sell, as measured; a number typed in its place is an assumption."""

    run: str | None = Field(None, description="the run whose figures are taken; newest if empty")
    accuracy: Probability = Field(RUN, description="share of right answers")
    p95_ms: Positive = Field(RUN, description="95th percentile of latency, idle")
    texts_per_second: Positive = Field(RUN, description="throughput of the measured process")
    cores: Positive = Field(RUN, description="cores that process holds")
    knee_per_second: Positive | None = Field(
        None, description="highest rate at which p95 keeps the promise; from undercut loadtest"
    )
    usd_per_core_hour: NotNegative = Field(
        Number(source="rates"), description="price of a core for an hour"
    )
    training_usd: NotNegative = Field(RUN, description="computing spent on the model, once")
    labels_usd: NotNegative = Field(RUN, description="labels, once")
    people_usd: NotNegative = Field(RUN, description="work, once; salaries are in the company")
    other_usd_per_1k: NotNegative = Field(
        assumed(0.0, "nothing else varies with the requests"),
        description="what else a thousand requests cost: traffic, storage",
    )
    payment_fee_share: Probability = Field(
        assumed(0.0, "no payment fee"), description="of the price, kept by whoever moves the money"
    )
    capacity_1k_per_month: Positive | None = Field(
        None,
        description="most you can sell, thousand requests a month; loadtest:NAME takes what that "
        "machine carries at the peak; none: machines are added as needed",
    )
    nest: str = Field("", description="the [[buyers.nest]] your product belongs to")

    @rule("payment_fee_share")
    def _fee(self) -> Mistakes:
        if self.payment_fee_share.value == 1:
            return wrong("a payment_fee_share below the whole price", "1")
        return None


class Company(Table):
    """Your own side: volume, fixed costs, cash, patience."""

    requests_per_month: Positive = Field(description="what you answer or need today")
    peak_factor: Positive = Field(assumed(3.0, "busiest hour"), description="peak over mean rate")
    slo_ms: Positive = Field(assumed(200.0, "the promise"), description="p95 you promise")
    fixed_usd_per_month: NotNegative = Field(description="rent, salaries, tools")
    cash_usd: NotNegative = Field(description="cash at hand")
    funding_usd: NotNegative = Field(assumed(0.0, "none promised"), description="money to come")
    funding_month: Months = Field(assumed(12, "when it comes"), description="month it comes in")
    horizon_months: Months = Field(assumed(18, "how far ahead to look"))
    life_months: Months = Field(assumed(24, "how long a model serves before it is replaced"))
    discount_per_year: NotNegative = Field(assumed(0.25, "a young company's cost of capital"))

    @rule("peak_factor")
    def _peak(self) -> Mistakes:
        if (self.peak_factor.value or 1.0) < 1:
            return wrong("peak_factor of at least 1", repr(self.peak_factor.value))
        return None
