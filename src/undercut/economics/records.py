"""Results of the formulas. Money in USD, rates in USD per 1,000 requests, months of 730 hours."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import Record

# --- unit cost ----------------------------------------------------------------------------


class Fleet(Record):
    """Machines sized for a peak within a latency target."""

    machines: int
    utilisation: float = Field(description="mean use of the fleet, as a share")
    usd_per_1k: float
    usd_per_month: float


class Marginal(Record):
    """What one more thousand requests cost now, and what they cost once machines are added."""

    short_run_usd_per_1k: float | None = Field(
        description="while the reserved machines have room; None when the latency target binds"
    )
    long_run_usd_per_1k: float = Field(description="machines added in step with the volume")
    headroom_per_second: float = Field(description="mean requests a second still to be had")
    next_machine_usd_per_month: float


class Waterfall(Record):
    """Where a month's money goes."""

    usd_per_month: dict[str, float] = Field(
        description="fixed, training, labels, people, serving, idle"
    )
    total_usd_per_month: float
    usd_per_1k: float = Field(description="total over the month's requests")


# --- demand and floors --------------------------------------------------------------------


class Demand(Record):
    """Logit demand for one product; every figure here is an assumption, alpha the decisive one."""

    alpha: float = Field(description="price sensitivity, per USD/1k")
    delta: float = Field(description="utility of the product at a price of 0")
    log_outside: float = Field(0.0, description="ln(1 + sum of e^utility over rivals)")
    market_1k_per_month: float = Field(description="market size, thousand requests a month")


class BestReply(Record):
    """The price that maximises profit against fixed rivals."""

    price_usd_per_1k: float
    markup_usd_per_1k: float
    share: float
    requests_1k_per_month: float
    gross_profit_usd_per_month: float
    w: float = Field(description="Lambert W of the closed form, capacity aside")
    multiplier_usd_per_1k: float = Field(
        0.0, description="what another thousand of capacity would earn; 0: it does not bind"
    )


class Floors(Record):
    """Three floors under a price, as far as the inputs allow."""

    shutdown_usd_per_1k: float | None = Field(None, description="below it every call loses cash")
    full_cost_usd_per_1k: float | None = Field(None, description="variable, fixed and capital")
    full_cost_basis: str = ""
    cash_low_usd_per_1k: float | None = Field(None, description="lowest price that outlasts")
    cash_high_usd_per_1k: float | None = Field(None, description="highest; None when unbounded")
    cash_status: str = Field("unknown", description="unknown | band | no-upper-end | no-price")
    best: BestReply | None = None
    runway_months: float | None = Field(None, description="at the best price; None: no burn")
    missing: dict[str, list[str]] = Field(
        default_factory=dict, description="floor -> inputs it still needs"
    )
    verdict: str = ""

    @property
    def price_floor_usd_per_1k(self) -> float | None:
        """The highest floor known: full cost, else shutdown."""
        known = self.full_cost_usd_per_1k
        return known if known is not None else self.shutdown_usd_per_1k

    @property
    def price_floor_basis(self) -> str:
        """What :attr:`price_floor_usd_per_1k` is, in words."""
        if self.full_cost_usd_per_1k is not None:
            return f"full cost {self.full_cost_basis}"
        return "" if self.shutdown_usd_per_1k is None else "variable cost only"

    def table(self) -> dict[str, float | None]:
        """Return the floors by name; ``None`` where unknown."""
        return {
            "shutdown": self.shutdown_usd_per_1k,
            "full cost": self.full_cost_usd_per_1k,
            "cash low": self.cash_low_usd_per_1k,
            "cash high": self.cash_high_usd_per_1k,
        }


# --- own machine against an API -----------------------------------------------------------


class Own(Record):
    """What serving on own machines costs. The machine is paid for whether used or not."""

    machine_usd_per_month: float
    capacity_per_month: float = Field(description="requests a month of one machine, fully used")
    variable_usd_per_1k: float = 0.0


class BreakEven(Record):
    """Where own machines become cheaper than an API."""

    requests_per_month: float | None = Field(description="None: the API is cheaper at any volume")
    requests_per_second: float | None
    always_above_requests_per_month: float | None = Field(
        description="no added machine makes the API cheaper again above this volume"
    )
    own_usd_per_1k_full: float = Field(description="own cost with machines used up to the cap")


class Comparison(Record):
    """API against own machines at one volume."""

    requests_per_month: float
    machines: int
    utilisation: float
    own_usd_per_month: float
    api_usd_per_month: float
    cheaper: str = Field(description="own | api | same")
    difference_usd_per_month: float = Field(description="API minus own; positive: own is cheaper")


# --- rivals -------------------------------------------------------------------------------


class RequestSize(Record):
    """Tokens of the request a rival API would need."""

    input_tokens: int = Field(description="mean, rounded to a whole token")
    output_tokens: int = Field(description="mean, rounded to a whole token, at least 1")
    input_mean: float
    input_p50: float
    input_p95: float
    input_max: int
    output_mean: float
    texts: int = Field(description="how many texts were counted")
    encoding: str


class Rival(Record):
    """One API at a date for one request size."""

    provider: str
    model: str
    usd_per_1k: float
    input_tokens: int
    output_tokens: int
    priced_at: str = Field(description="ISO date the price was in force")
    note: str = "accuracy not measured"


class Unpriced(Record):
    """A candidate without a usable price, and why. It never counts as 0."""

    provider: str
    model: str
    reason: str


class Market(Record):
    """Rivals, cheapest first, and the candidates left out."""

    rivals: list[Rival]
    unpriced: list[Unpriced]
    sources: list[str]


# --- cascade ------------------------------------------------------------------------------


class Cascade(Record):
    """A small model that passes on what it is unsure of. USD per request."""

    threshold: float = Field(description="pass on when the confidence is below this")
    escalated: float = Field(description="share passed on")
    accuracy: float
    usd_per_request: float
    loss_usd_per_request: float = Field(description="cost plus the expected cost of errors")
    small_only_loss_usd: float
    big_only_loss_usd: float


# --- value of data ------------------------------------------------------------------------


class LearningCurve(Record):
    """Error against labelled rows: ``e(n) = c + a * n**-b``."""

    a: float = Field(description="size of the part that labels remove")
    b: float = Field(description="how fast they remove it")
    c: float = Field(description="error that no number of such labels removes, as a share")
    covariance: list[list[float]] = Field(description="of (ln a, b, c), 3 x 3")
    largest: float = Field(description="most labelled rows that were measured")
    points: int


class CurveValue(Record):
    """What more labels are expected to bring."""

    labels: float = Field(description="labels afterwards")
    error: float = Field(description="expected share of wrong answers afterwards")
    fall: float = Field(description="expected fall of that share")
    fall_low: float | None = Field(description="its interval; None when the fit leaves it open")
    fall_high: float | None
    gain_usd: float = Field(description="worth of the fall over the horizon")
    cost_usd: float
    extrapolated: bool = Field(description="beyond four times the most rows measured")
    warning: str = Field("", description="what the figures cannot promise, in words")


class BestLabels(Record):
    """Where the next label costs what it brings."""

    labels: float
    error: float | None = Field(description="share of wrong answers there")
    cost_usd: float
    extrapolated: bool = Field(description="beyond four times the most rows measured")
    labels_low: float | None = Field(None, description="its interval; None: the fit leaves it open")
    labels_high: float | None = None
    error_low: float | None = Field(None, description="interval of the error at that many labels")
    error_high: float | None = None
    warning: str = Field("", description="what the figures cannot promise, in words")
