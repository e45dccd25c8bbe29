"""Everything a run found out: the one document that summary, report, card and ``--json`` read."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import GateResult, Measurement, Metric, Record
from undercut.economics.records import BestLabels, CurveValue, LearningCurve
from undercut.measures.record import Evaluation, PairedTest
from undercut.pipeline.tuning.record import SearchFacts


class CoresetFacts(Record):
    """Training rows chosen by ``--coreset``; the rest was not learnt from."""

    asked: int = Field(description="rows asked for")
    rows: int = Field(description="rows chosen")
    rows_before: int = Field(description="training rows before the choice")
    exact: int = Field(description="dropped: the same text as another row")
    near: int = Field(description="dropped: nearly the same text as another row")
    left_out: int = Field(description="not chosen: covered by those that were")


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
    coreset: CoresetFacts | None = Field(None, description="None when all rows were learnt from")

    @property
    def rows_labelled(self) -> int:
        """Return how many rows carry a label, whether they were learnt from or not."""
        train = self.coreset.rows_before if self.coreset else self.rows_train
        return train + self.rows_valid + self.rows_test


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
    footprint: Footprint | None = Field(None, description="of the fit it was made from")
    note: str = ""


class Footprint(Record):
    """What a fit trained, what it took, and what it left on the disk."""

    trainable_parameters: int = Field(description="trained, the head included")
    total_parameters: int = Field(description="of the whole model")
    peak_memory_bytes: int = Field(description="peak resident memory of the process while fitting")
    size_bytes: int = Field(description="files of the fitted model, before export and compression")

    @property
    def trainable_share(self) -> float | None:
        """Share of the parameters that was trained; ``None`` for a model without parameters."""
        return self.trainable_parameters / self.total_parameters if self.total_parameters else None


class RungFacts(Record):
    """One step of the ladder, as it was decided."""

    rung: str
    status: str = Field(description="climbed | skipped | stopped")
    reason: str
    instead: str = Field("", description="the method climbed in its place")
    estimated_cpu_seconds: float | None = None
    estimated_usd: float | None = None
    expected_gain: float | None = Field(None, description="expected gain in quality, as a share")
    gain_worth_usd: float | None = None
    cpu_seconds: float | None = None
    usd: float | None = None
    valid_quality: float | None = None
    usd_per_1k: float | None = None
    footprint: Footprint | None = Field(None, description="of a rung that was fitted")
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
    accuracy: Metric = Field(description="the task's headline figure")
    quality_name: str = Field("accuracy", description="what the headline figure is called")
    own: str = Field(description="name of the variant it is compared with")
    own_accuracy: Metric
    versus: PairedTest = Field(description="A is the rival, B this model")
    unparsed: int = Field(description="answers that the task cannot read; wrong")
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
    random: list[CurvePoint] = Field(
        default_factory=list,
        description="with --coreset: as many rows drawn at random, each label in proportion, up to "
        "all there are",
    )
    versus_random: PairedTest | None = Field(
        None, description="with --coreset: A is as many rows at random, B the rows chosen"
    )
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
