"""Customers of a scenario: what one is worth, the price list, usage; and what labels cost."""

from __future__ import annotations

from pydantic import Field

from undercut.economics.scenario.number import (
    NotNegative,
    Positive,
    Probability,
    Share,
    UsageSpread,
    assumed,
    wrong,
)
from undercut.economics.scenario.table import Mistakes, Table, rule


class Invest(Table):
    """What a customer is worth; left out, only the model's own return is told."""

    customer_usd_per_month: Positive | None = Field(None, description="revenue of one customer")
    requests_1k_per_customer: NotNegative | None = Field(
        None, description="thousand requests a month of one customer"
    )
    churn_per_month: Share | None = Field(None, description="customers lost a month")
    acquisition_usd: Positive | None = Field(None, description="cost of winning one")

    @rule("customer_usd_per_month", "requests_1k_per_customer", "churn_per_month",
          "acquisition_usd")  # fmt: skip
    def _whole(self) -> Mistakes:
        two = (self.customer_usd_per_month, self.churn_per_month)
        more = (self.requests_1k_per_customer, self.acquisition_usd)
        if None in two and any(n is not None for n in (*two, *more)):
            lacking = [
                name for name, n in zip(("customer_usd_per_month", "churn_per_month"), two,
                                        strict=True) if n is None
            ]  # fmt: skip
            return wrong(f"{' and '.join(lacking)} too: a customer's worth needs both", "none")
        return None


class Labels(Table):
    """What another label costs, and the learning curve it is set against."""

    curve: str = Field("", description="name of a curve in the workspace; else the run's own")
    usd_per_label: Positive | None = Field(None, description="what one labelled row costs")


class PlanRow(Table):
    """One line of the price list."""

    name: str = Field(min_length=1)
    usd_per_month: NotNegative
    included_1k: NotNegative = Field(assumed(0.0, "none included"), description="thousand requests")
    overage_usd_per_1k: NotNegative | None = Field(
        None, description="price beyond what is included; none: the plan ends there"
    )
    trial: bool = Field(False, description="free for a time; its users pay once they convert")


class Usage(Table):
    """How customers come, stay and use, where no meter tells."""

    median_1k_per_month: Positive = Field(
        description="thousand requests of the customer in the middle"
    )
    spread: UsageSpread = Field(
        assumed(1.5, "a few customers use most"), description="standard deviation of ln usage"
    )
    signups_per_month: NotNegative
    conversion: Probability = assumed(0.05, "of those who sign up")
    churn_per_month: Share = assumed(0.03, "customers lost a month")
    trial_months: NotNegative = assumed(0.0, "no free trial")
    trial_usage: NotNegative = assumed(1.0, "usage in the trial over that of a paying month")
    support_usd_per_customer: NotNegative = assumed(0.0, "no support")
    fee_usd_per_bill: NotNegative = assumed(0.0, "no fee a bill")
