"""Everything a run found out: the one document that summary, report, card and ``--json`` read."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import GateResult, Measurement, Metric, Record
from undercut.economics.records import BestLabels, CurveValue, LearningCurve
from undercut.measures.record import Evaluation, PairedTest
from undercut.pipeline.tuning.record import SearchFacts


class DataFacts(Record):
    """What the data is."""

    name: str
    hash: str
    rows_train: int
    rows_valid: int
    rows_test: int
    labels: list[str]
    class_counts: dict[str, int]
    warnings: list[str] = Field(default_factory=list)
    unknown_token_share: float | None = None
    licence: str = ""


class VariantFacts(Record):
    """One point of the accuracy-against-USD chart. Money in USD."""

    name: str = Field(description="such as `probe+linear int8`")
    rung: str
    folder: str
    hash: str
    backend: str
    compression: str = ""
    valid_quality: Metric
    valid_macro_f1: float
    fit_cpu_seconds: float = Field(description="CPU-seconds to make it, parts included")
    fit_usd: float
    usd_per_1k: float = Field(description="USD per 1,000 requests, machine fully used")
    usd_per_1k_at_30: float = Field(description="the same at 30 % use")
    chosen_folder: str = Field(
        "", description="the variant as it was chosen, before a refit on all rows; else empty"
    )
    measured: Measurement | None = None
    gate: GateResult | None = None
    versus_previous: PairedTest | None = None
    promoted: bool = False
    note: str = ""


class RungFacts(Record):
    """One step of the ladder, as it was decided."""

    rung: str
    status: str = Field(description="climbed | skipped | stopped")
    reason: str
    estimated_cpu_seconds: float | None = None
    estimated_usd: float | None = None
    expected_gain: float | None = Field(None, description="expected gain in quality, as a share")
    gain_worth_usd: float | None = None
    cpu_seconds: float | None = None
    usd: float | None = None
    valid_quality: float | None = None
    usd_per_1k: float | None = None
    compute: dict[str, str] = Field(
        default_factory=dict,
        description="device, number format (dtype), products (matmul) and attention it was "
        "fitted with",
    )


class StepCost(Record):
    """What one step took, over all its attempts, killed ones included."""

    step: str
    cpu_seconds: float
    wall_seconds: float
    usd: float | None
    attempts: int
    cached: bool


class RivalPrice(Record):
    """One rival API at a date for the prompt it would need."""

    provider: str
    model: str
    usd_per_1k: float = Field(description="USD per 1,000 requests")
    input_tokens: int
    output_tokens: int
    priced_at: str = Field(description="ISO date the price was in force")
    note: str = "accuracy not measured"
    accuracy: Metric | None = Field(None, description="where `undercut rival` has measured it")


class RivalFacts(Record):
    """A rival API, asked the same rows as the promoted variant."""

    provider: str
    model: str
    base_url: str
    asked_at: str = Field(description="ISO date of the last answer")
    prompt: str = Field(description="zero-shot, or how many examples it was shown")
    split: str = Field(description="where the rows are from: test, validation, or file names")
    rows: int = Field(description="rows compared")
    accuracy: Metric
    own: str = Field(description="name of the variant it is compared with")
    own_accuracy: Metric
    versus: PairedTest = Field(description="A is the rival, B this model")
    unparsed: int = Field(description="answers that are no label; wrong")
    refused: int = Field(description="refusals; wrong")
    cut: int = Field(description="answers cut at their longest length; wrong")
    unanswered: int = Field(description="rows drawn but not answered; left out")
    p50_ms: float = Field(description="median latency of a request, milliseconds")
    p95_ms: float
    concurrency: int = Field(description="requests under way at a time")
    input_tokens: float = Field(description="mean tokens read for a request")
    output_tokens: float = Field(description="mean tokens written, hidden reasoning included")
    reasoning_tokens: float
    tokens_counted: int = Field(description="rows without usage from the API, counted offline")
    usd_per_1k: float = Field(description="USD per 1,000 requests, as billed")
    spent_usd: float = Field(description="what these rows cost, whenever they were asked")
    price: str = Field(description="where the price is from, with its date")
    notes: list[str] = Field(default_factory=list)


class CurvePoint(Record):
    """One point of the learning curve."""

    rows: int = Field(description="training rows learnt from")
    quality: Metric = Field(description="on validation")


class CurveFacts(Record):
    """Quality against rows, and what more labels are expected to bring."""

    method: str
    points: list[CurvePoint]
    curve: LearningCurve | None = Field(None, description="None where no curve fits the points")
    worth: CurveValue | None = Field(None, description="of 100 more labels")
    best: BestLabels | None = Field(None, description="None without a price of a label")
    value_usd: float = Field(description="what an error rate of 1 costs over the horizon, USD")
    note: str = ""


class TrainingCurve(Record):
    """How the training of a rung went."""

    rung: str
    epochs: list[dict[str, float]] = Field(
        description="one record an epoch: epoch, loss; on validation log_loss and accuracy"
    )


class PriceFacts(Record):
    """Price side of the verdict. USD, months of 730 hours."""

    requests_per_month: float | None = None
    usd_per_1k: float
    usd_per_1k_at_30: float
    machine_usd_per_month: float = Field(description="the reserved machine, used or not")
    capacity_per_month: float = Field(description="requests a month the machine can answer")
    usable_share: float = Field(0.7, description="share of a machine that can be sold")
    price_floor_usd_per_1k: float | None = None
    price_floor_basis: str = ""
    floors: dict[str, float | None] = Field(default_factory=dict)
    break_even_requests_per_month: float | None = None
    rivals: list[RivalPrice] = Field(default_factory=list)
    input_tokens: int = Field(0, description="mean tokens a rival would read for one request")
    output_tokens: int = Field(0, description="mean tokens a rival would write")
    prompt: str = Field("", description="the prompt a rival would need, with one example text")
    rates: dict[str, str] = Field(default_factory=dict, description="unit -> USD, with date")
    verdict: str = ""
    waterfall: dict[str, float] = Field(
        default_factory=dict, description="USD a month: serving, idle, training, labels, people"
    )


class RunFacts(Record):
    """One run, complete."""

    id: str
    name: str = ""
    task: str = "text-classification"
    quality_name: str = Field("accuracy", description="what the headline figure is called")
    created_at: str
    undercut: str
    processor: str
    data: DataFacts
    rungs: list[RungFacts]
    variants: list[VariantFacts]
    promoted: str
    valid: Evaluation = Field(description="promoted variant's choice on validation")
    test: Evaluation | None = None
    costs: list[StepCost]
    cost_usd: float
    cpu_seconds: float
    price: PriceFacts
    curve: CurveFacts | None = Field(None, description="quality against rows")
    training: list[TrainingCurve] = Field(default_factory=list, description="of trained rungs")
    search: SearchFacts | None = Field(None, description="where `undercut tune` chose the options")
    rivals_measured: list[RivalFacts] = Field(default_factory=list)
    next_quality: list[str] = Field(description="what would most likely raise quality next")
    artefact: str
    report: str
    next_command: str
    did_work: bool
