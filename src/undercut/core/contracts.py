"""What plug-ins implement and are given: tasks, front ends, sessions, fits.

Light to import; a task's, a model's and a method's own code lies in their folders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from undercut.core.explaining import Asked
from undercut.core.types import BaseModelRef, Examples, Metric

if TYPE_CHECKING:
    import numpy as np


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

    def asked(
        self, log_probs: np.ndarray, value: Any, labels: Sequence[str], against: str | None
    ) -> list[Asked]:
        """Return the answers to an input that can be explained, each with what it is set against.

        Args:
            log_probs: of the input's units, ``(u, K)``.
            value: the input.
            labels: the label space.
            against: the class to compare with; the runner-up when ``None``.

        Raises:
            UndercutError: no such class (``label-unknown``).
        """

    def rival_prompt(self, labels: Sequence[str]) -> str:
        """Return the instruction a general model would need to do this task."""

    def rival_answer(self, value: Any, target: Any) -> str:
        """Return what a general model would have to answer for an input, given its target."""

    def rival_units(self, reply: str, value: Any, labels: Sequence[str]) -> np.ndarray | None:
        """Return the labels of an input's units that an API's reply stands for, ``int64 (u,)``.

        Strictly: ``None`` when it is not the answer that the instruction asks for.
        """

    def rival_missed(self, value: Any, target: Any, labels: Sequence[str]) -> np.ndarray:
        """Return the labels that a reply counts as which is no answer, ``int64 (u,)``: wrong."""


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


VECTOR = "vector"
"""Second output of a model that gives vectors, and the method of a torch module that does."""


class Session(Protocol):
    """A loaded model on one runtime.

    One that can also give the vector its head reads of each input has ``embeds`` true and
    ``embed(arrays) -> float32 (n, D)``, rows in the order of the batch.
    """

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return raw outputs of one batch, ``(n, K)`` or ``(n, T, K)``."""


class Scorer(Protocol):
    """Anything that scores inputs: a front end with a session, or a composite of scorers."""

    def score(self, inputs: Sequence[Any]) -> Scored:
        """Return calibrated log-probabilities of the inputs' units, in input order."""


@dataclass(frozen=True)
class Scored:
    """Log-probabilities ``float32 (U, K)`` of the inputs' units in order, and which were cut.

    Attributes:
        tiers: which part of a cascade answered each input, ``(n,)``; empty for any other model.
    """

    log_probs: Any
    truncated: Sequence[bool]
    tiers: Sequence[str] = ()


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
