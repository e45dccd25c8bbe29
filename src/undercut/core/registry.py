"""The records that plug-ins register: light to import, heavy code named as ``"module:attr"``.

:mod:`undercut.core.plugins` finds them by folder and loads what they name on use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
        inputs: ``"module:inputs"``, ``(path, name, text_column) -> list[(input, place)] | None``:
            what there is to answer in such a file, labelled or not; None when it is another.
        check: ``"module:check"``, ``(train, test | None) -> list[Finding]``: what is wrong with
            the rows of such files.
        answer: ``"module:Model"``, the pydantic record of one answer.
        row: ``"module:row"``, ``(prediction, top) -> dict``: an answer as JSON; ``top`` is how
            many labels it lists: a number, 0 for none, or ``all``.
        dump: ``"module:dump"``, ``(scored, inputs, labels) -> list[str]``: answers of many inputs
            as JSON lines of text and answer; where empty, they are made of ``row``.
        lines: ``"module:lines"``, ``(prediction) -> list[str]``: an answer on a terminal.
        said: ``"module:said"``, ``(prediction) -> (text, {text: probability})``: an answer as a
            language model would write it when told :meth:`Task.rival_prompt`, strictly, with the
            texts it was chosen from where they can be listed. Without it the task answers no chat.
        rival: whether answers of an API can be read and compared (``undercut rival``).
        windows: whether inputs longer than a model reads are read in windows, so that none is cut.
    """

    name: str
    summary: str
    load: str
    recognise: str = ""
    read: str = ""
    inputs: str = ""
    check: str = ""
    answer: str = "undercut.core.types:Prediction"
    row: str = ""
    dump: str = ""
    lines: str = ""
    said: str = ""
    rival: bool = False
    windows: bool = False


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
        streams: whether ``load`` takes a fourth argument, how many threads will do so, because
            the runtime itself keeps a place for each.
    """

    name: str
    formats: tuple[str, ...]
    load: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    extra: str = ""
    lanes: bool = False
    streams: bool = False


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
        workers: whether several processes can share its training (``--workers``).
    """

    name: str
    ways: Mapping[str, Way]
    summary: str = ""
    rung: int | None = None
    stack: bool = False
    instead_of: str = ""
    workers: bool = False
    needs_base: bool = False
    requires: tuple[str, ...] = ()
    extra: str = ""


@dataclass(frozen=True)
class Recipe:
    """One setting of a compressor, under the name its results go by.

    Attributes:
        options: values of the compressor's options that differ from their defaults.
        rows: whether it learns from, or calibrates on, training rows.
        usual: whether ``run`` makes it of every model; ``compress`` tries all.
    """

    name: str
    options: Mapping[str, object] = field(default_factory=dict)
    rows: bool = False
    usual: bool = False


@dataclass(frozen=True)
class CompressorInfo:
    """A way to shrink.

    Attributes:
        architectures: which architectures it applies to.
        compress: ``"module:compress"``, called with a :class:`undercut.core.shrinking.ShrinkJob`,
            returns a :class:`undercut.core.shrinking.Shrunk`.
        options: ``"module:Model"``, its pydantic options.
        recipes: settings that are tried, the mildest first: where one is refused, those after it
            are not tried.
        formats: formats of the artefact it is made from; an artefact in another is exported first.
        tasks: tasks it is for; empty: all.
        stage: place in the order of work. What changes the network comes first (the word table 10,
            layers and widths 20), what changes the numbers it computes with last (90).
        mend: ``"module:mend"``, ``(job) -> options | None``: milder options after the gate has
            refused what ``job.options`` gave; ``None`` when there are none.
        requires: packages needed to shrink, by import name; ``extra`` installs them.
    """

    name: str
    architectures: tuple[str, ...]
    compress: str
    options: str
    recipes: tuple[Recipe, ...]
    formats: tuple[str, ...] = ("torch",)
    tasks: tuple[str, ...] = ()
    stage: int = 90
    summary: str = ""
    mend: str = ""
    requires: tuple[str, ...] = ()
    extra: str = ""
