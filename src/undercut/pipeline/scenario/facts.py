"""What a scenario came out as: the one document that summary, page and ``--json`` read.

No figure here can be NaN or infinite: a record that would hold one is not made.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from undercut.economics.investment import CustomerValue, Investment
from undercut.economics.money import Scale, scale_of
from undercut.economics.plans import PlansResult
from undercut.economics.records import BreakEven, Comparison, Floors
from undercut.economics.war.entry import Limit, Recoupment
from undercut.pipeline.facts import CurveFacts
from undercut.pipeline.scenario.inputs import Inputs


class Finite(BaseModel):
    """Base of the records: frozen, unknown fields and non-finite numbers refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CostPoint(Finite):
    """One machine at one rate."""

    per_second: float
    utilisation: float = Field(description="of the rate it can carry within the promise")
    usd_per_1k: float = Field(description="the reserved machine over the requests it answers")
    p95_ms: float | None
    measured: bool = Field(description="by a load test; else by the queue formula")


class UnitCost(Finite):
    """What a thousand requests cost on own machines."""

    used_usd_per_1k: float = Field(description="the used seconds alone")
    reserved_usd_per_1k: float = Field(description="the reserved machines at today's volume")
    long_run_usd_per_1k: float = Field(description="machines added in step with the volume")
    short_run_usd_per_1k: float | None = Field(description="None: the machines are full")
    variable_usd_per_1k: float = Field(description="long run, other costs and payment fee in")
    machines: int
    machine_usd_per_month: float
    fleet_usd_per_month: float
    utilisation: float
    knee_per_second: float = Field(description="rate one machine carries within the promise")
    knee_basis: str
    slo_ms: float
    curve: list[CostPoint]
    waterfall_usd_per_month: dict[str, float]
    total_usd_per_month: float
    fixed_usd_per_month: float = Field(description="with machines that stand idle")
    capital_usd: float = Field(description="training, labels, work: once")


class PricePoint(Finite):
    """One price on the grid."""

    usd_per_1k: float
    share: float
    profit_usd_per_month: float = Field(description="after fixed costs, before capital")


class Parity(Finite):
    """The price at which a buyer does not care whether it is you or this rival."""

    rival: str
    rival_usd_per_1k: float
    parity_usd_per_1k: float = Field(description="below 0: not even as a gift")


class Reply(Finite):
    """Prices when the rivals that reprice have answered."""

    names: list[str]
    usd_per_1k: list[float]
    share: list[float]
    residual: float
    gain: float | None = Field(description="largest unilateral gain on a grid, relative")


class OtherAlpha(Finite):
    """The best price, were buyers to mind a dearer price less or more."""

    alpha_per_usd_per_1k: float
    best_usd_per_1k: float


class Pricing(Finite):
    """The price side. USD per 1,000 requests."""

    demand: str
    alpha_per_usd_per_1k: float | None = Field(description="None: the demand has no alpha")
    best_usd_per_1k: float | None = Field(description="None: nobody buys above cost")
    share: float | None
    requests_per_month: float | None
    profit_usd_per_month: float | None = Field(description="after fixed costs, before capital")
    floors: Floors
    viable: bool = Field(description="the best price covers the full cost")
    grid: list[PricePoint]
    parity: list[Parity]
    reply: Reply | None = Field(description="None: no rival reprices")
    other_alphas: list[OtherAlpha] = Field(
        description="at both ends of the range of alpha, or half and twice it where none is given; "
        "empty: the demand has no single alpha"
    )
    capacity_1k_per_month: float | None = Field(
        None, description="most we can sell, thousand requests a month; None: no limit"
    )
    capacity_worth_usd_per_1k: float = Field(
        0.0, description="what another thousand requests of it would earn; 0: it does not bind"
    )
    sold_out_usd_per_1k: float | None = Field(
        None, description="price below which more is asked for than we can sell"
    )

    @property
    def scale(self) -> Scale:
        """The unit of all prices of the scenario."""
        return scale_of(self.best_usd_per_1k)


class Box(Finite):
    """Own machines against the rival that costs least, errors counted."""

    rival: str
    api_usd_per_1k: float
    api_even_usd_per_1k: float = Field(
        description="what the API may be taken to cost at equal quality: its price and the cost of "
        "the errors it makes more"
    )
    money: Comparison = Field(description="bills alone")
    even: Comparison | None = Field(description="at equal quality; None: errors decide alone")
    break_even: BreakEven
    cheaper: str = Field(description="own | api | same; at equal quality")


class Fan(Finite):
    """Quantiles by month."""

    name: str
    low: list[float]
    middle: list[float]
    high: list[float]


class WarFacts(Finite):
    """Many futures."""

    months: int
    paths: int
    seed: int
    policy: str
    names: list[str]
    survival: list[list[float]] = Field(description="by firm, by month")
    survival_error: float = Field(description="largest standard error of ours")
    share: list[Fan] = Field(description="share of the market, 5 %, median, 95 %")
    price: list[Fan]
    cash: Fan | None = Field(description="ours")
    alive: float = Field(description="ours at the end")
    ruined: float
    runway_months: float | None = Field(description="None: no loss in the first month")
    runway_ratio: float | None
    mean_profit_usd_per_month: list[float] = Field(description="ours, by month")


class EntryFacts(Finite):
    """A firm that may enter."""

    limit: Limit
    recoupment: Recoupment | None = Field(
        description="of a price below the shutdown price; None: it is above"
    )
    verdict: str


class Bar(Finite):
    """One assumption moved from its low to its high end."""

    key: str
    label: str
    low: float
    high: float
    at_low: float = Field(description="profit a month at the best price half-way, USD")
    at_high: float


class Tornado(Finite):
    """What decides the answer, widest first."""

    base: float
    bars: list[Bar]
    sobol: dict[str, float] = Field(
        default_factory=dict, description="total parts of the variance, by assumption"
    )


class InvestFacts(Finite):
    """Is the money well spent?"""

    flows_usd: list[float] = Field(description="now, then month by month: mean over the futures")
    discount_per_year: float
    result: Investment
    customer: CustomerValue | None = Field(None, description="None: no customer in the scenario")
    break_even_requests_per_month: float | None = Field(
        description="volume at which fixed costs are met at the best price"
    )
    verdict: str


class PlansFacts(Finite):
    """The price list's month, once as many customers come as leave."""

    result: PlansResult
    usage: str = Field(description="where the usage is from")
    assumed: bool
    verdict: str


class EconomicsFacts(Finite):
    """One scenario, answered."""

    verdict: list[str] = Field(description="sentences, the decisive one first")
    kind: str = Field(description="use-api | no-price | unprofitable | charge")
    inputs: Inputs
    unit_cost: UnitCost
    pricing: Pricing
    box: Box
    war: WarFacts
    entry: EntryFacts | None = Field(description="None: no entrant in the scenario")
    invest: InvestFacts
    curve: CurveFacts | None
    tornado: Tornado
    plans: PlansFacts | None = None
    notes: list[str] = Field(default_factory=list)
    page: str = Field("", description="path of the page; empty where none was written")
