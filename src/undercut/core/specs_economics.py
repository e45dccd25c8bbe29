"""The verbs of the economics room, one model each; see :mod:`undercut.core.specs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from undercut.core.specs import DataSpec, FitSpec, MarketSpec, NotNegative, PlaceSpec, Positive

FILE = Path("market.toml")


class ScenarioSpec(PlaceSpec):
    """Where the scenario is, and where its page goes."""

    scenario: Path = Field(FILE, description="Scenario file; `undercut market --new` writes one.")
    rates: list[Path] = Field(
        default_factory=list, description="Your own dated rates (TOML), beside the built-in ones."
    )
    out: Path | None = Field(
        None, description="Folder of the page and charts; economics/NAME in the workspace."
    )


class PriceBookSpec(PlaceSpec):
    """What rivals charge for your request at a date, and how their prices moved; or --new.

    Prices are asked for the prompt a rival would really need: that of the run, or the size given.
    """

    run: str | None = Field(None, description="Name of a run; the newest by default.")
    input_tokens: int | None = Field(
        None, ge=1, description="Tokens of one request; else those of the run."
    )
    output_tokens: int | None = Field(
        None, ge=1, description="Tokens of one answer; else those of the run."
    )
    rivals: list[Path] = Field(
        default_factory=list, description="Your own dated rival prices (TOML)."
    )
    price_date: str | None = Field(
        None, description="Date of the prices (YYYY-MM-DD); today when not given."
    )
    new: bool = Field(False, description="Write a commented market.toml for the run instead.")
    out: Path = Field(FILE, description="With --new: file to write.")
    force: bool = Field(False, description="With --new: replace the file if it is there.")


class WarSpec(ScenarioSpec):
    """Play a price war many times over: who is alive after how many months, and why.

    Paths differ in rivals' releases, falling costs and demand. The same seed gives the same bytes.
    """

    paths: int | None = Field(
        None, ge=100, le=1_000_000, description="Futures to play; else the scenario's."
    )
    months: int | None = Field(
        None, ge=1, le=240, description="Months to play; else the scenario's horizon."
    )
    seed: int | None = Field(None, ge=0, description="Seed of the futures; else the scenario's.")


class InvestSpec(ScenarioSpec):
    """Is the money well spent: NPV, IRR, payback, customers' worth, and what decides it."""

    sobol: bool = Field(
        False, description="Also share the variance out among the assumptions (Sobol indices)."
    )


class PlanSpec(ScenarioSpec):
    """What a price list earns on how much customers use, plan by plan, and who loses money."""

    usage: Path | None = Field(
        None,
        description="Requests a month, one customer a row (CSV with a column requests_per_month); "
        "else the usage in the scenario.",
    )
    state_folder: Path | None = Field(
        None,
        description="Folder where undercut serve keeps keys and usage: take what each key used in "
        "the last 730 hours.",
    )


class LearningCurveSpec(DataSpec, FitSpec, MarketSpec):
    """Train cheap methods on growing, nested parts of the rows: what would more labels bring?"""

    methods: list[str] = Field(
        default_factory=list,
        description="Methods to draw a curve of; linear by default. Others take longer.",
    )
    name: str | None = Field(None, description="Name of the curve; the file's name by default.")


class LoadtestSpec(PlaceSpec):
    """Step the request rate against a running server until its p95 passes what you promise.

    Requests arrive at random and do not wait for one another, as real callers do; latency counts
    from when a request was due. The highest rate that keeps the promise, the knee, is what a
    machine can sell; `undercut price` then takes it instead of a formula.
    """

    url: str = Field(description="Address of the server, such as http://127.0.0.1:8000.")
    slo_ms: Positive = Field(
        200, description="Latency you promise at the 95th percentile, milliseconds."
    )
    data: list[Path] = Field(
        default_factory=list, description="File or files with texts to send; else the run's rows."
    )
    text_column: str | None = Field(None, description="Column of the text.")
    run: str | None = Field(None, description="Name of the run that is served.")
    name: str | None = Field(
        None, description="Name of the test; the run's, or the served model's by default."
    )
    key_env: str = Field(
        "UNDERCUT_API_KEY",
        description="Environment variable that holds the API key, if one is set.",
    )
    start_per_second: Positive = Field(10, description="First request rate, requests a second.")
    factor: float = Field(1.5, gt=1, le=10, description="Each rate over the one before.")
    step_seconds: Positive = Field(8, description="How long a rate is held, seconds.")
    most_per_second: Positive = Field(5000, description="Try no higher rate than this.")
    connections: Annotated[int, Field(ge=1, le=60_000)] = Field(
        512,
        description="Most connections at once; a request that finds all of them busy waits, and "
        "its wait counts. More than this process may have open is refused.",
    )
    refine: int = Field(
        3, ge=0, le=10, description="Halvings between the last good rate and the first bad one."
    )
    cores: NotNegative | None = Field(
        None, description="Cores the server holds; kept with the result."
    )
    timeout_seconds: Positive = Field(10, description="Longest wait for one answer, seconds.")
    seed: int = Field(0, ge=0, description="Seed of arrivals and of the texts sent.")
