"""The evaluation of one variant on one split, as saved to JSON and shown in the report."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import Metric, Record
from undercut.measures.words import count


class ClassScore(Record):
    """One class: precision, recall and F1 as shares; recall with its Wilson interval.

    F1 has one where the task makes it, by resampling inputs.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    recall_low: float
    recall_high: float
    f1_low: float | None = None
    f1_high: float | None = None


class UnitReport(Record):
    """Units such as tokens, each by itself: what a model says before answers are put together.

    Averages leave out the label that stands for nothing (`O`).
    """

    units: int
    micro_precision: float
    micro_recall: float
    micro_f1: float
    macro_f1: float
    labels: list[ClassScore]


class Confusion(Record):
    """`count` rows (or entities) labelled `target` were answered `answer`."""

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
    thing_name: str = Field(
        "row", description="what classes, confusions, mistakes and confidence count: row, entity"
    )
    things: int | None = Field(None, description="how many there are to be found; `rows` if absent")
    accuracy: Metric
    macro_f1: Metric
    weighted_f1: float
    micro_f1: float
    macro_precision: float
    macro_recall: float
    micro_precision: float | None = None
    micro_recall: float | None = None
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
    per_unit: UnitReport | None = Field(None, description="the report by unit, where units differ")

    @property
    def thing_names(self) -> str:
        """`thing_name` of several: rows, entities."""
        name = self.thing_name
        return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"

    def counted(self, n: int) -> str:
        """Return ``1 row`` or ``3 080 entities``, by what classes and confusions count."""
        return f"{count(n)} {self.thing_name if n == 1 else self.thing_names}"

    @property
    def confidence_in(self) -> str:
        """What confidence is to be believed about: ``accuracy``, or ``precision`` of answers."""
        return "accuracy" if self.things is None else "precision"

    @property
    def recall(self) -> float:
        """Share of what there is to be found that is found; accuracy where the two are one."""
        return self.accuracy.value if self.micro_recall is None else self.micro_recall


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
