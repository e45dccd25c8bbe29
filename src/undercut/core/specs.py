"""One model per verb: the only place where an option is written down.

The Python API, the command line, ``undercut.toml`` and the reference in the docs are all made
from these. Here are the groups of options that verbs share; the verbs themselves stand in
``specs_<room>.py``. Building a spec does no I/O.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
THREADS = "Cores to use; all this process may use by default."


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
    seed: Seed = Field(0, description="Seed of the split and of training.")
    valid_share: float = Field(
        0.1, gt=0, lt=0.5, description="Share of the training rows kept to choose on."
    )
    licence: str = Field("", description="Licence of the data, kept in the manifest.")


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
