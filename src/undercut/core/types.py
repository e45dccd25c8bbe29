"""The nouns, in the order they flow; standard library and pydantic only.

Dataset -> Task -> Run -> Artefact -> Variant -> Deployment -> Usage, Feedback -> Update.
Plug-in kinds are described by the ``*Info`` records at the end: light to import, they name
their heavy code as ``"module:attr"`` strings that :mod:`undercut.core.plugins` loads on use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import numpy as np

    Index = Sequence[int] | range | np.ndarray


class Record(BaseModel):
    """Base of every immutable record: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


@dataclass(frozen=True)
class Examples:
    """Rows of one split, column-wise.

    Attributes:
        inputs: what the model reads, one object a row (``str`` for text tasks).
        targets: what it should answer, one object a row (the label ``str`` for classification).
            Empty when the rows are unlabelled.
        rows: where each row came from, as ``file:line``, for messages.
    """

    inputs: Sequence[Any]
    targets: Sequence[Any]
    rows: Sequence[str]

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, index: Index) -> Examples:
        """Return the rows at ``index``, in that order."""
        targets = _taken(self.targets, index) if len(self.targets) else []
        return Examples(_taken(self.inputs, index), targets, _taken(self.rows, index))

    def plus(self, other: Examples) -> Examples:
        """Return these rows followed by those of ``other``."""
        return Examples(
            _joined(self.inputs, other.inputs),
            _joined(self.targets, other.targets),
            _joined(self.rows, other.rows),
        )


@runtime_checkable
class Column(Protocol):
    """A column that is not held in memory: it is picked from and joined without being read."""

    def take(self, at: Index) -> Any:
        """Return the cells at ``at``, in that order."""

    def plus(self, other: Any) -> Any:
        """Return these cells followed by those of another such column of the same rows."""


def _taken(column: Sequence[Any], index: Index) -> Sequence[Any]:
    if isinstance(column, Column):
        taken: Sequence[Any] = column.take(index)
        return taken
    return [column[int(i)] for i in index]


def _joined(one: Sequence[Any], other: Sequence[Any]) -> Sequence[Any]:
    if isinstance(one, Column) and isinstance(other, Column):
        joined: Sequence[Any] = one.plus(other)
        return joined
    return [*one, *other]


@dataclass(frozen=True)
class Dataset:
    """Labelled data with its splits and its identity.

    Attributes:
        name: short name, from the file name.
        task: registered task name.
        hash: SHA-256 over inputs, targets and split membership.
        labels: the label space, in the order every model and artefact uses.
        train, valid, test: the splits; ``test`` is ``None`` when there is none.
        sources: files read, with their SHA-256.
        licence: licence of the data as stated by the user, or ``""``.
    """

    name: str
    task: str
    hash: str
    labels: tuple[str, ...]
    train: Examples
    valid: Examples
    test: Examples | None
    sources: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""


class Prediction(Record):
    """Answer for one input of a classification task."""

    label: str
    probability: float = Field(ge=0, le=1, description="calibrated probability of `label`")
    probabilities: dict[str, float] = Field(description="label -> calibrated probability")
    truncated: bool = Field(False, description="the input was longer than the model reads")
    tier: str = Field("", description="part of a cascade that answered; empty for other models")


class Metric(Record):
    """A figure with its interval."""

    value: float
    low: float | None = Field(None, description="lower end of the 95 % interval")
    high: float | None = Field(None, description="upper end of the 95 % interval")
    n: int = Field(description="rows it was computed on")
    method: str = Field("", description="how the interval was made: wilson, bootstrap")


class Measurement(Record):
    """What was measured of a variant on one machine."""

    texts_per_second: float = Field(description="raw input to answer, tokenising included")
    p50_ms: float = Field(description="median latency at batch 1, milliseconds")
    p95_ms: float = Field(description="95th percentile latency at batch 1, milliseconds")
    size_bytes: int = Field(description="bytes of the files needed to predict")
    peak_memory_bytes: int = Field(description="peak resident memory while predicting")
    threads: int = Field(description="threads used, one core each")
    processor: str
    backend: str
    texts: int = Field(description="how many texts were timed")
    lanes: int | None = Field(
        None, description="batches run side by side, one core each; None when there was no choice"
    )
    lone_threads: int | None = Field(None, description="cores of a text that comes alone")
    others_cores: float | None = Field(
        None, description="mean number of cores other programs kept busy while it was timed"
    )


class GateResult(Record):
    """Verdict on a compressed variant against its reference."""

    verdict: str = Field(description="passed | refused | needs-rows")
    reason: str
    reference: str = Field(description="artefact hash of the reference")
    max_drop: float = Field(description="largest accuracy drop allowed, as a share")
    drop: float | None = Field(None, description="measured drop on held-out rows, as a share")
    drop_upper: float | None = Field(None, description="one-sided 95 % upper bound of the drop")
    agreement_labelled: float | None = None
    agreement_unlabelled: float | None = None
    rows: int = 0
    batch_shift: float | None = Field(
        None, description="largest change of a probability when a text is answered alone"
    )
    batch_flips: float | None = Field(
        None, description="share of labels that are others when a text is answered alone"
    )
    rows_needed: int | None = Field(None, description="rows that could prove the bound")


class BaseModelRef(Record):
    """The pretrained model an artefact was made from."""

    name: str
    sha256: str = Field(description="SHA-256 of its weights file")
    licence: str = ""


class Child(Record):
    """A part of a composite artefact: a folder below it, with that artefact's hash."""

    name: str
    folder: str
    hash: str


class Manifest(Record):
    """``manifest.json`` of an artefact: facts only, registered kinds and never import paths."""

    schema_version: int = 1
    name: str = Field(description="variant name, such as `probe+linear int8`")
    task: str
    architecture: str = Field(description="registered architecture")
    format: str = Field(description="registered export format of the files, such as onnx")
    method: str = Field("", description="registered method that fitted it")
    compression: str = Field("", description="registered compressor that made it, or empty")
    labels: tuple[str, ...] = Field(description="in the order of the model's outputs")
    config: dict[str, Any] = Field(default_factory=dict, description="private to architecture")
    base: BaseModelRef | None = None
    dataset: str = Field("", description="dataset hash")
    data_licence: str = Field("", description="licence of the data, as its user stated it")
    run: str = Field("", description="run id")
    parent: str = Field("", description="hash of the artefact this was made from")
    children: tuple[Child, ...] = ()
    metrics: dict[str, Metric] = Field(default_factory=dict)
    measured: Measurement | None = None
    gate: GateResult | None = None
    files: dict[str, str] = Field(default_factory=dict, description="path -> SHA-256")
    created_at: str = ""
    undercut: str = Field("", description="version that wrote it")
