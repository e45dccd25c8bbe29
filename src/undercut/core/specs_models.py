"""The verbs over one artefact; see :mod:`undercut.core.specs`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from undercut.core.specs import (
    THREADS,
    CoreRatesSpec,
    GateSpec,
    PlaceSpec,
    Positive,
    RatesSpec,
    Seed,
)


class EvaluateSpec(PlaceSpec):
    """Score an artefact on a labelled file."""

    artefact: Path = Field(description="Artefact folder, or the name of a run.")
    data: list[Path] = Field(default_factory=list, description="Labelled file or files.")
    text_column: str | None = Field(None, description="Column of the text.")
    label_column: str | None = Field(None, description="Column of the label.")
    backend: str | None = Field(None, description="Runtime; the measured best by default.")
    threads: int | None = Field(None, ge=1, description=THREADS)


class CompressSpec(PlaceSpec, GateSpec, RatesSpec):
    """Find the cheapest form of an artefact that keeps its quality, and say why each other lost.

    Each form is measured in a process of its own and judged by the gate on the held-out rows. Forms
    that learn (vocabulary, fewer layers, calibrated int8) read the rows of --train, never those
    they are judged by. The same command goes on where it stopped.
    """

    artefact: Path = Field(description="Artefact folder, or the name of a run.")
    data: list[Path] = Field(
        default_factory=list, description="Labelled held-out rows for the gate."
    )
    train: list[Path] = Field(
        default_factory=list,
        description="Labelled rows that forms may learn from, such as those it was trained on.",
    )
    unlabelled: list[Path] = Field(
        default_factory=list,
        description="Texts of the same kind without labels, one a line or a table's text column: "
        "the model answers them for the students hashed and static.",
    )
    text_column: str | None = Field(None, description="Column of the text.")
    label_column: str | None = Field(None, description="Column of the label.")
    optimise: Literal["cost", "latency", "size"] = Field(
        "cost",
        description="What shall be least: USD per 1,000 requests, median latency of one request, "
        "or bytes on disk.",
    )
    only: list[str] = Field(
        default_factory=list,
        description="Forms to try, one a flag (--only onnx --only quantise), such as "
        "openvino-int8, vocabulary, layers-half, hashed; all by default.",
    )
    budget_usd: Positive | None = Field(None, description="Spend at most this on the search, USD.")
    max_minutes: Positive | None = Field(
        None, description="Start nothing that would end after this many minutes of work."
    )
    reference: Path | None = Field(
        None,
        description="Folder of the full model that the artefact was made from, if not found.",
    )
    out: Path | None = Field(
        None, description="Where the chosen form goes; NAME-compressed beside the artefact."
    )
    seed: Seed = Field(0, description="Seed of training and of the rows compared.")
    threads: int | None = Field(None, ge=1, description=THREADS)


class PredictSpec(PlaceSpec, CoreRatesSpec):
    """Answer texts given on the command line or row by row from a file of any size.

    With --url a server answers, so that there is no MODEL here: all arguments are texts.
    """

    artefact: Path | None = Field(
        None, description="Artefact folder, or the name of a run; not with --url."
    )
    inputs: list[str] = Field(default_factory=list, description="Texts to answer.")
    file: Path | None = Field(
        None,
        description="File with a text column, one text a line, or of the model's own task, such as "
        "columns of tokens; - for standard input.",
    )
    text_column: str | None = Field(None, description="Column of the text.")
    out: Path | None = Field(
        None,
        description="Write JSON lines here instead of printing; a killed command goes on where "
        "it was when it is given again.",
    )
    backend: str | None = Field(None, description="Runtime; the measured best by default.")
    threads: int | None = Field(None, ge=1, description=THREADS)
    url: str | None = Field(
        None, description="Address of a server that answers, such as http://127.0.0.1:8000."
    )
    model: str | None = Field(
        None, description="With --url: name or version of its model; its first by default."
    )
    api_key_env: str = Field(
        "UNDERCUT_API_KEY",
        description="With --url: environment variable that holds the API key.",
    )


class ExplainSpec(PlaceSpec):
    """Say why texts get their answers, word by word; or what pulls towards each label at large.

    Shares are exact for linear models (the weights of the n-grams, added up), integrated gradients
    for encoders, and the weighted sum of both for a stack. They add up to the log-odds of the
    answer against the runner-up; what is left over is shown.
    """

    artefact: Path = Field(description="Artefact folder, or the name of a run.")
    inputs: list[str] = Field(default_factory=list, description="Texts to explain.")
    against: str | None = Field(
        None, description="Label to compare the answer with; the runner-up by default."
    )
    global_: bool = Field(
        False, description="Show the strongest terms of each label instead (linear models)."
    )
    most: int = Field(8, ge=1, le=200, description="Words shown of a text, or terms a label.")
    data: list[Path] = Field(
        default_factory=list,
        description="With --global: files whose texts are read; the run's own rows by default.",
    )
    text_column: str | None = Field(None, description="Column of the text in these files.")
    reference: Path | None = Field(
        None,
        description="Folder of the full model that a compressed one was made from, if not found.",
    )
    page: Path | None = Field(None, description="Write an HTML page here too.")
