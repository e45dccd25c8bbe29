"""The evaluation of one variant on one split, as saved to JSON and shown in the report."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import Metric, Record


class ClassScore(Record):
    """One class: precision, recall and F1 as shares; recall with its Wilson interval."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    recall_low: float
    recall_high: float


class Confusion(Record):
    """`count` rows labelled `target` were answered `answer`."""

    target: str
    answer: str
    count: int


class ReliabilityBin(Record):
    """Rows whose top probability lies in [low, high): mean confidence and accuracy there."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


class CoveragePoint(Record):
    """Answering only the `coverage` most confident share gives `accuracy`, cut at `threshold`."""

    coverage: float
    threshold: float
    accuracy: float


class Mistake(Record):
    """A misclassified row, most confident mistakes first."""

    row: str = Field(description="file:line")
    text: str
    target: str
    answer: str
    probability: float


class Evaluation(Record):
    """All figures of one variant on one split."""

    split: str
    rows: int
    quality_name: str = Field("accuracy", description="what the headline figure is called")
    quality: Metric = Field(description="the headline figure")
    unit_name: str = Field("row", description="what `accuracy` counts: row, token")
    accuracy: Metric
    macro_f1: Metric
    weighted_f1: float
    micro_f1: float
    macro_precision: float
    macro_recall: float
    weighted_precision: float | None = None
    weighted_recall: float | None = None
    classes: list[ClassScore]
    confusions: list[Confusion] = Field(description="largest first, at most 50")
    ece: float = Field(description="expected calibration error, 15 equal-mass bins")
    log_loss: float = Field(description="mean negative log-likelihood, nats")
    reliability: list[ReliabilityBin]
    coverage: list[CoveragePoint]
    mistakes: list[Mistake] = Field(description="at most 200")
    truncated: int = 0


class PairedTest(Record):
    """McNemar's test of two variants on the same rows."""

    n: int
    only_a: int = Field(description="rows only A gets right")
    only_b: int = Field(description="rows only B gets right")
    p_value: float = Field(description="two-sided exact conditional p")
    p_mid: float | None = Field(default=None, description="two-sided mid-p, less conservative")
    difference: float = Field(description="accuracy of B minus accuracy of A, as a share")
    low: float = Field(description="lower end of the 95 % interval of the difference")
    high: float
    better: bool = Field(description="B is better at 5 %")
