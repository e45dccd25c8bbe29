"""The tables of a scenario. Units are in the names; every number carries its source."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from undercut.core.types import Record
from undercut.economics.scenario.number import (
    Any_,
    Fraction,
    Months,
    NotNegative,
    Number,
    Positive,
    Probability,
    Share,
    assumed,
    wrong,
)

RUN = Number(source="run:newest")
Policy = Literal["hold", "best_reply", "match", "undercut", "limit", "exit"]


class Own(Record):
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


class Segment(Record):
    """Buyers with a price sensitivity of their own (mixed logit)."""

    name: str = Field(min_length=1)
    weight: Share
    alpha_per_usd_per_1k: Positive


class Buyers(Record):
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

    @model_validator(mode="after")
    def _enough(self) -> Buyers:
        if self.demand == "linear" and self.choke_usd_per_1k is None:
            raise wrong("choke_usd_per_1k with linear demand", "none")
        if self.demand == "constant-elasticity":
            eta = self.elasticity.value if self.elasticity else None
            if eta is None or abs(eta) <= 1:
                raise wrong(
                    "an elasticity beyond -1 (such as -1.5) with constant elasticity: inside it "
                    "profit grows with price for ever and there is no best price",
                    "none" if eta is None else f"{eta:g}",
                )
            if self.elasticity_at_usd_per_1k is None or self.elasticity_share is None:
                raise wrong("elasticity_at_usd_per_1k and elasticity_share with it", "not both")
        if self.demand == "logit":
            self._logit()
        elif self.sales:
            raise wrong("logit demand with sales", self.demand)
        return self

    def _logit(self) -> None:
        if self.value_usd_per_1k is None:
            raise wrong("value_usd_per_1k, what a right answer is worth to a buyer", "none")
        ways = [self.alpha_per_usd_per_1k, self.sales or None, self.elasticity]
        ways.append(self.segment or None)  # type: ignore[arg-type]
        if sum(w is not None for w in ways) != 1:
            raise wrong(
                "one of alpha_per_usd_per_1k, sales, elasticity, or [[buyers.segment]] tables",
                f"{sum(w is not None for w in ways)} of them",
            )
        if self.elasticity is not None:
            if (self.elasticity.value or 0) >= 0:
                raise wrong("an elasticity below 0", repr(self.elasticity.value))
            if self.elasticity_at_usd_per_1k is None or self.elasticity_share is None:
                raise wrong("elasticity_at_usd_per_1k and elasticity_share with it", "not both")
        if self.segment:
            weights = sum(s.weight.value or 0.0 for s in self.segment)
            if abs(weights - 1) > 1e-6:
                raise wrong("weights of segments that add up to 1", f"{weights:g}")


class RivalRow(Record):
    """One rival: a model of the price list, or a price you enter with its date."""

    name: str = ""
    provider: str = ""
    model: str = ""
    currency: str = "USD"
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
    policy: Literal["hold", "best_reply", "match", "undercut", "exit"] = Field(
        "hold", description="what it does in a war"
    )

    @property
    def called(self) -> str:
        """Return the name it is shown under."""
        return self.name or self.model

    @field_validator("currency")
    @classmethod
    def _usd(cls, currency: str) -> str:
        return _one_currency(currency)

    @model_validator(mode="after")
    def _named(self) -> RivalRow:
        listed = self.usd_per_1k.kind == "list"
        if listed and not (self.provider and self.model):
            raise wrong("provider and model, as the price list has them, or usd_per_1k", "neither")
        if not self.called:
            raise wrong("a name, or a provider and model", "none")
        if self.reprices and self.cost_usd_per_1k is None:
            raise wrong("cost_usd_per_1k of a rival that reprices", "none")
        return self


def _one_currency(currency: str) -> str:
    if currency != "USD":
        raise wrong("USD everywhere: convert the prices at a rate you date", currency)
    return currency


class Company(Record):
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

    @model_validator(mode="after")
    def _peak(self) -> Company:
        if (self.peak_factor.value or 1.0) < 1:
            raise wrong("peak_factor of at least 1", repr(self.peak_factor.value))
        return self


class Future(Record):
    """What moves while a war lasts."""

    releases_per_year: NotNegative = Field(assumed(2.0, "new models of a rival a year"))
    release_price_ratio: Positive = Field(
        assumed(0.5, "median cut on the public price history, Jun 2025 to Oct 2026"),
        description="price after a release over price before it",
    )
    release_price_spread: NotNegative = Field(
        assumed(0.4, "spread of the log of that ratio"), description="standard deviation of ln"
    )
    release_error_ratio: Share = Field(
        assumed(0.9, "errors left after a release"), description="of a rival's errors"
    )
    own_cost_ratio_per_year: Positive = Field(
        assumed(0.8, "computing gets cheaper"), description="own unit cost after a year over before"
    )
    demand_ratio_per_year: Positive = Field(
        assumed(1.0, "the market stands still"), description="market after a year over before"
    )
    demand_spread: NotNegative = Field(
        assumed(0.1, "month to month"), description="standard deviation of ln of a month's market"
    )
    inertia: NotNegative = Field(
        assumed(1.0, "what keeps a buyer where he is"), description="utility of not switching"
    )


class War(Record):
    """How the war is played."""

    policy: Policy = Field("best_reply", description="yours")
    undercut_share: Fraction = Field(
        assumed(0.05, "with policy undercut"), description="below the cheapest rival"
    )
    limit_usd_per_1k: NotNegative | None = Field(None, description="price of policy limit")
    paths: int = Field(10_000, ge=100, le=1_000_000)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _limited(self) -> War:
        if self.policy == "limit" and self.limit_usd_per_1k is None:
            raise wrong("limit_usd_per_1k with policy limit", "none")
        return self


class Entrant(Record):
    """A firm that is not there yet: at which price does it stay out, and does that pay?"""

    accuracy: Probability
    p95_ms: NotNegative = Field(assumed(100.0, "not known"), description="latency")
    cost_usd_per_1k: NotNegative = Field(description="its unit cost")
    entry_cost_usd: Positive = Field(description="what entering costs it once")


class Invest(Record):
    """What a customer is worth; left out, only the model's own return is told."""

    customer_usd_per_month: Positive | None = Field(None, description="revenue of one customer")
    requests_1k_per_customer: NotNegative | None = Field(
        None, description="thousand requests a month of one customer"
    )
    churn_per_month: Share | None = Field(None, description="customers lost a month")
    acquisition_usd: NotNegative | None = Field(None, description="cost of winning one")


class Labels(Record):
    """What another label costs, and the learning curve it is set against."""

    curve: str = Field("", description="name of a curve in the workspace; else the run's own")
    usd_per_label: Positive | None = Field(None, description="what one labelled row costs")


class PlanRow(Record):
    """One line of the price list."""

    name: str = Field(min_length=1)
    usd_per_month: NotNegative
    included_1k: NotNegative = Field(assumed(0.0, "none included"), description="thousand requests")
    overage_usd_per_1k: NotNegative | None = Field(
        None, description="price beyond what is included; none: the plan ends there"
    )
    trial: bool = Field(False, description="free for a time; its users pay once they convert")


class Usage(Record):
    """How customers come, stay and use, where no meter tells."""

    median_1k_per_month: Positive = Field(
        description="thousand requests of the customer in the middle"
    )
    spread: NotNegative = Field(
        assumed(1.5, "a few customers use most"), description="standard deviation of ln usage"
    )
    signups_per_month: NotNegative
    conversion: Probability = assumed(0.05, "of those who sign up")
    churn_per_month: Share = assumed(0.03, "customers lost a month")
    trial_months: NotNegative = assumed(0.0, "no free trial")
    trial_usage: NotNegative = assumed(1.0, "usage in the trial over that of a paying month")
    support_usd_per_customer: NotNegative = assumed(0.0, "no support")
    fee_usd_per_bill: NotNegative = assumed(0.0, "no fee a bill")


class Scenario(Record):
    """One scenario, whole."""

    name: str = "scenario"
    date: date
    currency: str = "USD"
    books: list[str] = Field(default_factory=list, description="your own dated price books")
    own: Own = Field(default_factory=Own)
    buyers: Buyers
    rival: list[RivalRow] = Field(min_length=1)
    company: Company
    future: Future = Field(default_factory=Future)
    war: War = Field(default_factory=War)
    entrant: Entrant | None = None
    invest: Invest = Field(default_factory=Invest)
    labels: Labels = Field(default_factory=Labels)
    plan: list[PlanRow] = Field(default_factory=list)
    usage: Usage | None = None
    folder: str = Field("", exclude=True)

    @field_validator("date", mode="before")
    @classmethod
    def _dated(cls, given: Any) -> Any:
        if isinstance(given, datetime):
            return given.date()
        if not isinstance(given, str | date):
            raise wrong("a date such as 2026-11-21", repr(given))
        return given

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not name.strip() or "/" in name or "\\" in name or name.startswith("."):
            raise wrong("a name that can be a folder's", name)
        return name

    @field_validator("currency")
    @classmethod
    def _usd(cls, currency: str) -> str:
        return _one_currency(currency)

    @field_validator("rival", mode="before")
    @classmethod
    def _some(cls, rows: Any) -> Any:
        if rows == []:
            raise wrong("at least one [[rival]]; nobody to compare with is no market", "none")
        return rows

    @model_validator(mode="after")
    def _distinct(self) -> Scenario:
        names = [r.called for r in self.rival]
        if len(set(names)) < len(names):
            raise wrong("rivals of different names", ", ".join(names))
        return self
