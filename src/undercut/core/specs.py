"""One model per verb: the only place where an option is written down.

The Python API, the command line, ``undercut.toml`` and the reference in the docs are all made
from these. Building a spec does no I/O.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
THREADS = "Cores to use; all this process may use by default."
Method = Literal["auto", "linear", "probe", "partial", "full"] | str


class Spec(BaseModel):
    """Base of the specs: frozen, unknown options refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaceSpec(Spec):
    """Where things are kept."""

    workspace: Path = Field(
        Path("undercut-out"), description="Folder for results, cache and ledger."
    )


class DataSpec(PlaceSpec):
    """Which rows, and how they are read."""

    train: list[Path] = Field(
        default_factory=list,
        description="Labelled files (CSV, TSV, JSON, JSON lines, Parquet, Excel, text), a folder, "
        "or - for standard input.",
    )
    test: list[Path] = Field(
        default_factory=list, description="Held-out labelled files; scored once, at the end."
    )
    valid: list[Path] = Field(
        default_factory=list,
        description="Validation files; carved out of the training rows when not given.",
    )
    text_column: str | None = Field(None, description="Column of the text, if not found by itself.")
    label_column: str | None = Field(
        None, description="Column of the label, if not found by itself."
    )
    task: str = Field(
        "auto",
        description="What a row and an answer are: text-classification, token-classification; "
        "auto tells from the files.",
    )
    seed: int = Field(0, ge=0, description="Seed of the split and of training.")
    valid_share: float = Field(
        0.1, gt=0, lt=0.5, description="Share of the training rows kept to choose on."
    )
    licence: str = Field("", description="Licence of the data, kept in the manifest.")


class CheckSpec(DataSpec):
    """Read a labelled file and say what is wrong with it, before money is spent on it."""

    fix: bool = Field(
        False,
        description="Write NAME.fixed.csv beside each file with the safe mends made, and "
        "NAME.fixed.log.jsonl with every change; the file itself is never touched.",
    )
    page: Path | None = Field(None, description="Also write the findings to this HTML page.")
    label_errors: bool = Field(
        True, description="Look for probable label errors (fits the linear rung five times)."
    )
    base: str = Field(
        "minilm", description="Base model whose tokenizer tells which texts would be cut."
    )


class RelabelSpec(DataSpec):
    """Walk over the rows whose labels are most suspected, and write a corrected copy.

    Every decision is kept at once in FILE.relabel.json, so a walk can be left and gone on with.
    The time spent goes into the ledger as person-hours.
    """

    most: int = Field(100, ge=1, description="Rows to walk at most.")


class CoreRatesSpec(Spec):
    """What computing costs."""

    rates: list[Path] = Field(
        default_factory=list,
        description="Your own dated rates (TOML), beside the built-in ones.",
    )
    usd_per_core_hour: Positive | None = Field(
        None, description="Price of one core for an hour; else the rate file's."
    )


class RatesSpec(CoreRatesSpec):
    """What things cost."""

    usd_per_label: NotNegative | None = Field(
        None, description="What one labelled row cost you; unknown when not given."
    )


class MarketSpec(RatesSpec):
    """Volume, margin and rivals."""

    requests_per_month: Positive | None = Field(
        None, description="Your volume; without it the break-even volume is reported."
    )
    error_usd: NotNegative = Field(
        0.01, description="What one wrong answer costs you, USD (assumed when not given)."
    )
    horizon_months: Positive = Field(
        12, description="Months over which a model earns back what it cost."
    )
    price_date: str | None = Field(
        None, description="Date of rival prices and rates (YYYY-MM-DD); today when not given."
    )
    rivals: list[Path] = Field(
        default_factory=list, description="Your own dated rival prices (TOML)."
    )
    slo_ms: Positive = Field(
        200, description="Latency you promise at the 95th percentile, milliseconds."
    )
    fixed_usd_per_month: NotNegative | None = Field(
        None, description="Rent, salaries and the like, USD a month; unknown when not given."
    )


class FitSpec(Spec):
    """How the model is made."""

    method: str = Field(
        "auto",
        description="auto climbs the ladder; or one method: linear, probe, partial, full, lora, "
        "adalora, prefix, prompt, adapter, bitfit.",
    )
    base: str = Field(
        "minilm", description="Pretrained model: alias, folder, or hub id where there is a network."
    )
    stack: bool = Field(
        True, description="Stack an encoder with the linear model where validation says it pays."
    )
    share_base: bool = Field(
        False,
        description="Many models will be served over one base: climb only methods whose models "
        "share it.",
    )
    refit: bool = Field(True, description="Fit the chosen rung again on train + validation rows.")
    coreset: int | None = Field(
        None,
        ge=1,
        description="Train on this many rows only: near copies dropped, the rest covered best.",
    )
    target_accuracy: Share | None = Field(
        None, description="Stop climbing at this validation accuracy."
    )
    budget_usd: Positive | None = Field(None, description="Spend at most this on fitting, USD.")
    max_minutes: Positive | None = Field(
        None, description="Start no fit that would end after this many minutes."
    )
    threads: int | None = Field(
        None, ge=1, description="Cores to use; all this process may use by default."
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto",
        description="Where encoders are fitted: an NVIDIA (cuda) or Apple (mps) GPU when there is "
        "one, else the processor.",
    )
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes that share the training of an encoder on the processor; they share "
        "the cores too.",
    )
    options: dict[str, dict[str, object]] = Field(
        default_factory=dict,
        description="A method's own options, one table a method; --METHOD.OPTION on the command "
        "line.",
    )


class CoresetSpec(PlaceSpec):
    """Pick the rows of a file most worth labelling, and write them to a file to be labelled.

    Rows with a label, in the same file or in others, tell what is known already: what they cover
    is not picked, and what a model of them is unsure of is picked first.
    """

    data: list[Path] = Field(
        default_factory=list, description="File or files with the texts; labels may be missing."
    )
    labelled: list[Path] = Field(
        default_factory=list, description="Other files, with rows that are labelled already."
    )
    coreset: int = Field(100, ge=1, description="Rows to pick.")
    text_column: str | None = Field(None, description="Column of the text, if not found by itself.")
    label_column: str | None = Field(
        None, description="Column of the label; without it one that is named as labels are."
    )
    task: str = Field("text-classification", description="What a row and an answer are.")
    seed: int = Field(0, ge=0, description="Seed of the choice.")
    out: Path = Field(Path("to_label.csv"), description="File to write, CSV.")
    force: bool = Field(False, description="Replace the file if it is there.")


class GateSpec(Spec):
    """When a compressed variant may replace its reference."""

    compress: bool = Field(True, description="Make and test compressed variants.")
    max_drop: Annotated[float, Field(gt=0, le=50)] = Field(
        1.0,
        description="Largest accuracy drop a compressed variant may have, in percentage points.",
    )
    min_agreement: Share = Field(
        0.97, description="Share of rows on which it must answer as its reference does."
    )


class RunSpec(DataSpec, FitSpec, GateSpec, MarketSpec):
    """From a labelled file to a priced model, with a report."""

    learning_curve: bool = Field(
        True,
        description="Train the linear rung on growing parts of the rows, to say what more labels "
        "would bring.",
    )
    name: str | None = Field(None, description="Name of the run; the file's name by default.")


class TuneSpec(RunSpec):
    """Search methods and their options within a budget; the best becomes an ordinary run.

    The budget is --budget-usd, --max-minutes or --trials: at least one of them. The same command
    goes on where it stopped, and with a larger budget further. Options you set yourself are not
    searched.
    """

    methods: list[str] = Field(
        default_factory=list,
        description="Methods to search; those of the ladder that are installed by default.",
    )
    trials: int | None = Field(None, ge=1, description="Try at most this many settings.")
    prune: bool = Field(
        True, description="End a fit early that is behind the others half way through it."
    )


class TrainSpec(DataSpec, FitSpec, RatesSpec):
    """Fit one method, or climb the ladder, and keep every rung."""

    error_usd: NotNegative = Field(0.01, description="What one wrong answer costs you, USD.")
    requests_per_month: Positive | None = Field(None, description="Your volume.")
    horizon_months: Positive = Field(12, description="Months a model is meant to earn.")
    name: str | None = Field(None, description="Name of the run; the file's name by default.")


class EvaluateSpec(PlaceSpec):
    """Score an artefact on a labelled file."""

    artefact: Path = Field(description="Artefact folder, or the name of a run.")
    data: list[Path] = Field(default_factory=list, description="Labelled file or files.")
    text_column: str | None = Field(None, description="Column of the text.")
    label_column: str | None = Field(None, description="Column of the label.")
    backend: str | None = Field(None, description="Runtime; the measured best by default.")
    threads: int | None = Field(
        None, ge=1, description="Cores to use; all this process may use by default."
    )


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
    seed: int = Field(0, ge=0, description="Seed of training and of the rows compared.")
    threads: int | None = Field(
        None, ge=1, description="Cores to use; all this process may use by default."
    )


class PriceSpec(PlaceSpec, MarketSpec):
    """Unit cost, floors, break-even and rivals for a finished run, from its measurements.

    With a scenario, market.toml beside you or --scenario, also demand: the best price, what rivals'
    answers do to it, the odds of surviving a price war, and a page with the pictures.
    """

    run: str | None = Field(None, description="Name of a run; the newest by default.")
    scenario: Path | None = Field(
        None, description="Scenario file; market.toml beside you when there is one."
    )
    out: Path | None = Field(
        None, description="Folder of the scenario's page; economics/NAME in the workspace."
    )


class AskSpec(Spec):
    """How an API is asked, and at which price."""

    key_env: str = Field(
        "OPENAI_API_KEY", description="Environment variable that holds the API key."
    )
    provider: str | None = Field(
        None, description="Provider id of the price list; found by the address when not given."
    )
    usd_per_million_input: NotNegative | None = Field(
        None, description="Price of a million tokens read, USD; else the price list's."
    )
    usd_per_million_output: NotNegative | None = Field(
        None, description="Price of a million tokens written, USD; else the price list's."
    )
    max_output_tokens: int = Field(
        512, ge=1, description="Longest answer, hidden reasoning included, tokens."
    )
    reasoning_effort: str | None = Field(
        None, description="Passed on to reasoning models: none, minimal, low, medium, high."
    )
    concurrency: int = Field(4, ge=1, le=64, description="Requests under way at a time.")
    timeout_seconds: Positive = Field(60, description="Longest wait for one answer, seconds.")
    retries: int = Field(
        5, ge=0, le=20, description="More tries of a request that is turned away or fails."
    )


class ApiSpec(AskSpec):
    """Which API is asked."""

    base_url: str = Field(
        description="Address of an OpenAI-compatible API, such as https://api.openai.com/v1."
    )
    model: str = Field(description="Model id, exactly as the API and the price list know it.")


class RivalSpec(PlaceSpec, ApiSpec):
    """Ask the API you use today the same rows, and compare it with your model.

    Says first how many tokens and USD it will take, and asks. Every answer is kept: the same
    command goes on where it stopped and never pays for a row twice.
    """

    run: str | None = Field(None, description="Name of a run; the newest by default.")
    data: list[Path] = Field(
        default_factory=list,
        description="Labelled file or files to draw rows from; the run's test rows by default.",
    )
    text_column: str | None = Field(None, description="Column of the text.")
    label_column: str | None = Field(None, description="Column of the label.")
    rows: int = Field(200, ge=1, description="Rows to ask, each label in proportion.")
    examples: int = Field(
        0, ge=0, le=200, description="Labelled training rows shown in the prompt; 0: none."
    )
    seed: int = Field(0, ge=0, description="Seed of the rows and examples drawn.")
    max_usd: Positive = Field(
        1.0, description="Spend at most this on these rows, answers paid earlier included, USD."
    )
    yes: bool = Field(False, description="Do not ask before sending.")


class ExportSpec(PlaceSpec):
    """Write a finished run's settings, curves and costs for a tracker; nothing is sent."""

    run: str | None = Field(None, description="Name of a run; the newest by default.")
    to: str = Field("tensorboard", description="tensorboard, mlflow, or wandb.")
    out: Path | None = Field(
        None, description="Folder to write to; tracking/NAME in the run's folder by default."
    )


class ReportSpec(PlaceSpec):
    """Write the report of a finished run again."""

    run: str | None = Field(None, description="Name of a run; the newest by default.")


class ListSpec(PlaceSpec):
    """Show the runs of a workspace, or what is registered and how it fits together."""

    what: str = Field("runs", description="runs, plugins, or rates.")


class LedgerSpec(PlaceSpec, RatesSpec):
    """Show what everything cost, or add hours and labels entered by hand."""

    action: str = Field("show", description="show, or add.")
    unit: str | None = Field(None, description="Unit to add: label, person_hour, api_usd, ...")
    quantity: NotNegative | None = Field(None, description="How many of the unit.")
    note: str = Field("", description="What it was for.")
    entry_id: str | None = Field(
        None, description="Your own id of the entry; the same id twice is written once."
    )


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
    threads: int | None = Field(
        None, ge=1, description="Cores to use; all this process may use by default."
    )
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


class DoctorSpec(PlaceSpec):
    """Look at this machine and this installation; say what is missing and the command for it.

    Exit status 0 unless something is broken. Nothing is changed and nothing is sent.
    """

    deep: bool = Field(
        False, description="Import the installed extras too, to see that they work (seconds)."
    )


class NewSpec(DataSpec):
    """Write a commented undercut.toml for a labelled file: columns found, and every option.

    Options you give are written as set; all others stand there with their defaults, commented
    out. `undercut run` in that folder then needs nothing else.
    """

    out: Path = Field(Path("undercut.toml"), description="File to write.")
    force: bool = Field(False, description="Replace the file if it is there.")


class CompletionSpec(Spec):
    """Print a completion script, or put it where the shell finds it.

    For this session only: eval "$(undercut completion bash)"
    """

    shell: Literal["bash", "zsh", "fish"] | None = Field(
        None, description="bash, zsh or fish; the one in use by default."
    )
    install: bool = Field(
        False, description="Write it to the shell's own folder, and load it at every start."
    )


class HelpSpec(Spec):
    """Say what an error code means and how to mend it, or how a command is used."""

    topic: str | None = Field(None, description="An error code, or the name of a command.")
