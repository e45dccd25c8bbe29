"""The nouns, in the order they flow; standard library and pydantic only.

Dataset -> Task -> Run -> Artefact -> Variant -> Deployment -> Usage, Feedback -> Update.
Plug-in kinds are described by the ``*Info`` records at the end: light to import, they name
their heavy code as ``"module:attr"`` strings that :mod:`undercut.core.plugins` loads on use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import numpy as np

    Index = Sequence[int] | range | np.ndarray


class Record(BaseModel):
    """Base of every immutable record: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


# --- data ---------------------------------------------------------------------------------


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


# --- results ------------------------------------------------------------------------------


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
    run: str = Field("", description="run id")
    parent: str = Field("", description="hash of the artefact this was made from")
    children: tuple[Child, ...] = ()
    metrics: dict[str, Metric] = Field(default_factory=dict)
    measured: Measurement | None = None
    gate: GateResult | None = None
    files: dict[str, str] = Field(default_factory=dict, description="path -> SHA-256")
    created_at: str = ""
    undercut: str = Field("", description="version that wrote it")


# --- what plug-ins implement --------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """Scores of labelled inputs, set against their targets.

    An *item* is what a paired test counts as one: a text in classification, a sentence in tagging.
    A *thing* is what there is to be found: a text's label, an entity.

    Attributes:
        quality: the task's headline figure, a share, with its interval.
        macro_f1: mean F1 over classes that occur.
        right: whether each item is answered entirely right, ``bool (m,)``.
        answers: code of each item's answer, ``int64 (m,)``; equal codes are equal answers.
        classes: class of each thing to be found, as a position in ``names``, ``int64 (e,)``.
        found: whether it was found, ``bool (e,)``.
        names: the classes: labels, entity types.
        items: which item each unit of the scores is of, ``int64 (U,)``.
    """

    quality: Metric
    macro_f1: float
    right: np.ndarray
    answers: np.ndarray
    classes: np.ndarray
    found: np.ndarray
    names: tuple[str, ...]
    items: np.ndarray


class Task(Protocol):
    """What a row, a prediction and a score are. Implemented in ``tasks/<t>/``.

    Scores are log-probabilities ``(U, K)`` of the *units* of the inputs, inputs in order: a unit
    is what gets one of the K ``labels``, such as the whole text, or each word.

    Attributes:
        quality_name: what :attr:`Judged.quality` is called, such as ``accuracy``.
    """

    name: str
    quality_name: str

    def check_target(self, value: str) -> Any:
        """Parse one target cell; raise ``ValueError`` with a short reason when it is bad."""

    def label_space(self, targets: Sequence[Any]) -> tuple[str, ...]:
        """Return the labels of units in their canonical order."""

    def stratum(self, target: Any) -> str:
        """Return the group that splits keep in proportion."""

    def class_names(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return the classes of things to be found: the labels, or what they stand for."""

    def classes(self, target: Any) -> Sequence[str]:
        """Return the classes a target names, one a thing to be found, for counts a class."""

    def text(self, value: Any) -> str:
        """Return an input as one text: for near copies, lengths, and what a rival would read."""

    def encode(self, examples: Examples, labels: Sequence[str]) -> np.ndarray:
        """Return the labels of all units as positions in ``labels``, ``int64 (U,)``."""

    def decode(self, scored: Scored, inputs: Sequence[Any], labels: Sequence[str]) -> list[Any]:
        """Turn scores into one prediction an input."""

    def answers(
        self, log_probs: np.ndarray, inputs: Sequence[Any], labels: Sequence[str]
    ) -> np.ndarray:
        """Return the code of each item's answer, ``int64 (m,)``; equal codes answer alike."""

    def unlabelled(self, inputs: Sequence[Any], n: int, seed: int) -> list[Any]:
        """Return ``n`` inputs near those given but not among them, to compare two forms on."""

    def judge(self, log_probs: np.ndarray, examples: Examples, labels: Sequence[str]) -> Judged:
        """Set scores against targets."""

    def evaluate(
        self,
        log_probs: np.ndarray,
        examples: Examples,
        labels: Sequence[str],
        *,
        split: str,
        truncated: Sequence[bool] = (),
    ) -> Any:
        """Return the :class:`undercut.measures.record.Evaluation` of one variant on one split."""

    def rival_prompt(self, labels: Sequence[str]) -> str:
        """Return the instruction a general model would need to do this task."""

    def rival_answer(self, value: Any, target: Any) -> str:
        """Return what a general model would have to answer for an input, given its target."""


class Frontend(Protocol):
    """Raw inputs to arrays and back, without torch. Opened from an artefact folder.

    ``prepare`` is the one code that prepares text, in training and in serving alike.
    """

    def prepare(self, inputs: Sequence[Any]) -> Prepared:
        """Tokenise or featurise inputs."""

    def collate(
        self, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> Mapping[str, np.ndarray]:
        """Return the arrays of one batch, rows in the order of ``index``."""

    def finish(
        self, outputs: np.ndarray, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Turn one batch's raw outputs into calibrated log-probabilities ``float32 (R, K)``.

        R are the units of the batch's pieces, pieces in the order of ``index``.
        """


@dataclass(frozen=True)
class Prepared:
    """Inputs made ready for batching, as pieces: one an input, or several windows of a long one.

    Attributes:
        items: one object a piece, private to the front end.
        sizes: cost of each piece in tokens (or non-zeros), used to sort and pack, ``(p,)``.
        truncated: inputs that were cut, ``(n,)``.
        places: for each piece, which rows of the scores its units are, ``int64``; every row is of
            exactly one piece. ``None`` when each piece is an input and gives one row.
        owners: which input each piece is of, ``int64 (p,)``, rising; ``None`` like ``places``.
    """

    items: Any
    sizes: Sequence[int] | np.ndarray
    truncated: Sequence[bool] | np.ndarray
    places: Sequence[np.ndarray] | None = None
    owners: np.ndarray | None = None


class Session(Protocol):
    """A loaded model on one runtime."""

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return raw outputs of one batch, ``(n, K)`` or ``(n, T, K)``."""


class Scorer(Protocol):
    """Anything that scores inputs: a front end with a session, or a composite of scorers."""

    def score(self, inputs: Sequence[Any]) -> Scored:
        """Return calibrated log-probabilities of the inputs' units, in input order."""


@dataclass(frozen=True)
class Scored:
    """Log-probabilities ``float32 (U, K)`` of the inputs' units in order, and which were cut."""

    log_probs: Any
    truncated: Sequence[bool]


@dataclass(frozen=True)
class Attribution:
    """Where some classes' scores for one text come from, character by character.

    A score is the model's own, before the softmax and divided by its temperature, so that the
    difference of two scores is the logarithm of the ratio of the two probabilities. For every
    class ``start + shares.sum(0) + gap == scores``.

    Attributes:
        shares: part of each score due to each character of the text, ``float64 (len(text), C)``.
        start: scores without the text, ``float64 (C,)``.
        scores: ``float64 (C,)``.
        truncated: the end of the text was not read.
        steps: gradients computed; 0 where the shares are exact.
    """

    shares: np.ndarray
    start: np.ndarray
    scores: np.ndarray
    truncated: bool = False
    steps: int = 0

    @property
    def gap(self) -> np.ndarray:
        """Part of each score that the shares leave unexplained, ``float64 (C,)``."""
        left: np.ndarray = self.scores - self.start - self.shares.sum(axis=0)
        return left


class Explainer(Protocol):
    """Says which characters of a text a score is due to.

    Attributes:
        method: one sentence on how the shares are computed.
    """

    method: str

    def attribute(self, text: str, classes: Sequence[int]) -> Attribution:
        """Return the shares of every character in the scores of ``classes``."""


@dataclass(frozen=True)
class Term:
    """What one n-gram does to one class, over a set of texts.

    Attributes:
        text: the n-gram as it is read: folded, a space at the edge of a word as ``_``.
        piece: a piece of a word (character n-gram), not whole words.
        effect: mean pull where it occurs, in log-odds against the average class.
        rows: texts it occurs in.
    """

    text: str
    piece: bool
    effect: float
    rows: int


@dataclass(frozen=True)
class Progress:
    """One tick of long work: shown by the terminal, counted by nobody else.

    Attributes:
        loss: of the last training step, or the mean of the epoch that has just ended, nats.
        quality: on the validation rows after the last epoch, as a share.
        epoch: epochs done; only in the one tick that ends an epoch.
        tokens_per_second: trained on so far, padding counted, stops for validation included.
        usd: what the command has cost so far, filled in on the way to the terminal.
        usd_left: what the rest of this stage will cost if it goes on like that; likewise.
    """

    stage: str
    done: float
    total: float
    note: str = ""
    loss: float | None = None
    quality: float | None = None
    epoch: float | None = None
    tokens_per_second: float | None = None
    usd: float | None = None
    usd_left: float | None = None


def silent(_: Progress) -> None:
    """Swallow progress."""


@dataclass
class FitJob:
    """Everything a method's ``fit`` needs; ``fit`` reads nothing else.

    Attributes:
        task: the task.
        labels: label space, in order; outputs follow it.
        train: rows to learn from.
        valid: rows to choose on; ``None`` in a refit, when ``fixed`` holds earlier choices.
        options: the method's own options model.
        seed: the only source of randomness.
        threads: cores to use.
        base: alias, folder or hub id of the pretrained model.
        out: empty folder; ``fit`` writes the model's files there (never the manifest).
        cache: folder for intermediate results worth keeping between rungs of one data set
            (hidden states); named by content hash, may be deleted at any time.
        architecture: registered architecture of the model to be made: that of the method's way.
        fixed: ``Fitted.choices`` of an earlier fit, to be reused instead of chosen again.
        tick: progress callback.
        deadline: wall-clock limit in seconds for this fit, or ``None``.
        method: registered name of the method.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        workers: processes that share the training.
        checkpoint: file that a killed fit of this job goes on from, or ``None``.
    """

    task: Task
    labels: tuple[str, ...]
    train: Examples
    valid: Examples | None
    options: Any
    seed: int
    threads: int
    base: str
    out: Path
    cache: Path
    architecture: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    tick: Callable[[Progress], None] = silent
    deadline: float | None = None
    method: str = ""
    device: str = "auto"
    workers: int = 1
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Fitted:
    """What ``fit`` reports; the files lie in ``job.out``.

    Attributes:
        architecture, format: registered names; with ``config`` they make the manifest.
        config: the architecture's private settings (JSON values only).
        choices: what was chosen on validation (epochs, C, temperature), for a refit.
        base: the pretrained model used, if any.
        curve: one record an epoch or step, for the report.
        trainable_parameters, total_parameters: counts.
        compute: device, number format and kernels it was computed with.
    """

    architecture: str
    format: str
    config: dict[str, Any]
    choices: dict[str, Any]
    base: BaseModelRef | None = None
    curve: tuple[dict[str, float], ...] = ()
    trainable_parameters: int = 0
    total_parameters: int = 0
    compute: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Estimate:
    """Expected cost of a fit before it is started.

    Attributes:
        cpu_seconds: estimated CPU-seconds of the whole fit.
        basis: one sentence on how it was estimated (how many steps were timed).
    """

    cpu_seconds: float
    basis: str


# --- registry records ---------------------------------------------------------------------


@dataclass(frozen=True)
class TaskInfo:
    """A task.

    Attributes:
        load: ``"module:Class"``, a zero-argument factory of :class:`Task`.
        recognise: ``"module:recognise"``, ``(Path) -> str``: why a file is of this task, or ``""``;
            reads no more than the head of the file. The task of a file that no task recognises is
            text classification.
        read: ``"module:read"``, ``(path, name, text_column, label_column) -> (parts, notes)``:
            reads one file whose rows are no table of texts and labels into ``{"train": Examples}``
            and the like; ``name`` is shown in messages.
        check: ``"module:check"``, ``(train, test | None) -> list[Finding]``: what is wrong with
            the rows of such files.
        answer: ``"module:Model"``, the pydantic record of one answer.
        row: ``"module:row"``, ``(prediction, top) -> dict``: an answer as JSON; ``top`` is how
            many labels it lists: a number, 0 for none, or ``all``.
        lines: ``"module:lines"``, ``(prediction) -> list[str]``: an answer on a terminal.
        rival: whether answers of an API can be read and compared (``undercut rival``).
    """

    name: str
    summary: str
    load: str
    recognise: str = ""
    read: str = ""
    check: str = ""
    answer: str = "undercut.core.types:Prediction"
    row: str = ""
    lines: str = ""
    rival: bool = False


@dataclass(frozen=True)
class ArchitectureInfo:
    """An architecture.

    Attributes:
        formats: export formats it can exist in; the first is the reference format.
        frontend: ``"module:open_frontend"``, called ``(folder, manifest) -> Frontend``.
        module: ``"module:load_module"``, ``(folder, manifest) -> torch.nn.Module``; torch only.
        training: ``"module:open_network"``, ``(base, max_tokens) ->``
            :class:`undercut.training.network.Network`: how methods train and save this
            architecture; empty when its own methods do.
        export: format -> ``"module:export"``, called ``(folder, manifest, out) -> None``.
        combine: composite only: ``"module:make_scorer"``,
            ``(manifest, children: dict[str, Scorer]) -> Scorer``.
        explain: format -> ``"module:open_explainer"``, called ``(folder, manifest) -> Explainer``;
            of a composite ``(manifest, children: dict[str, Explainer]) -> Explainer``. A form in
            another format is explained through the artefact it was made from.
        terms: ``"module:terms"``, called ``(folder, manifest, texts, most) ->
            dict[str, list[Term]]``: the strongest terms of each label.
        batch_budget: largest padded batch, in the unit of ``Prepared.sizes``.
        batch_overhead: what a batch costs besides its inputs, in the same unit; batches are cut
            where padding would cost more.
        requires: packages needed to predict, by import name; ``extra`` installs them.
    """

    name: str
    tasks: tuple[str, ...]
    formats: tuple[str, ...]
    summary: str = ""
    frontend: str = ""
    module: str = ""
    training: str = ""
    export: Mapping[str, str] = field(default_factory=dict)
    combine: str = ""
    explain: Mapping[str, str] = field(default_factory=dict)
    terms: str = ""
    batch_budget: int = 8192
    batch_overhead: int = 32
    requires: tuple[str, ...] = ()
    extra: str = ""


@dataclass(frozen=True)
class BackendInfo:
    """A runtime: ``load`` is ``(folder, manifest, threads) -> Session``.

    Attributes:
        lanes: whether several threads may run one session of one core side by side, and gain by it.
    """

    name: str
    formats: tuple[str, ...]
    load: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    extra: str = ""
    lanes: bool = False


@dataclass(frozen=True)
class Way:
    """How a method does one task.

    Attributes:
        architecture: of the model it yields.
        options: ``"module:Model"``, the pydantic options of this method for this task. A field is
            tuned within ``json_schema_extra={"tune": {"low": .., "high": .., "log": True}}`` or
            ``{"tune": {"choices": [..]}}``, whole numbers where both ends are.
        fit: ``"module:fit"``, ``(FitJob) -> Fitted``.
        estimate: ``"module:estimate"``, ``(FitJob) -> Estimate``; cheap, at most a few steps.
        gain: share of the remaining errors that the ladder expects this rung to remove, stacked,
            before the data at hand has spoken (docs/design/ladder.md).
        requires: packages needed to fit, by import name, besides those of the method.
    """

    architecture: str
    options: str
    fit: str
    estimate: str
    gain: float = 0.05
    requires: tuple[str, ...] = ()


@dataclass(frozen=True)
class MethodInfo:
    """A way to fit.

    Attributes:
        ways: registered task -> how this method does it.
        rung: position in the ladder, or ``None`` when the ladder leaves it out.
        stack: whether the ladder may stack it with the linear rung.
        instead_of: the rung it is climbed in place of, when that one needs more memory than there
            is, or when models are to share one base.
    """

    name: str
    ways: Mapping[str, Way]
    summary: str = ""
    rung: int | None = None
    stack: bool = False
    instead_of: str = ""
    needs_base: bool = False
    requires: tuple[str, ...] = ()
    extra: str = ""


@dataclass(frozen=True)
class CompressorInfo:
    """A way to shrink: ``compress`` is ``(source, manifest, out, options) -> Manifest fields``.

    Attributes:
        architectures: which architectures it applies to.
        compress: ``"module:compress"``, called with the source folder, its manifest and an
            empty folder; writes files there and returns ``(format, config)``.
    """

    name: str
    architectures: tuple[str, ...]
    compress: str
    options: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    extra: str = ""
