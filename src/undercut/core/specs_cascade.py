"""The verb ``cascade``; see :mod:`undercut.core.specs`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from undercut.core.specs import THREADS, PlaceSpec, Positive, RatesSpec, Seed, Share
from undercut.core.specs_rival import AskSpec


class CascadeSpec(PlaceSpec, RatesSpec, AskSpec):
    """Put cheap models in front of dear ones: what one is unsure of goes to the next.

    Thresholds are chosen on rows no model has learnt from, for one goal: a target accuracy, a
    budget, the value of an error, or, when none is given, no surely larger loss against the last
    model alone than --max-drop. The cascade is an artefact like any other: serve, evaluate,
    compress and explain take its folder. When it does not pay, that is the first thing said.
    """

    artefacts: list[Path] = Field(
        default_factory=list, description="Artefact folders or names of runs, cheapest first."
    )
    data: list[Path] = Field(
        default_factory=list,
        description="Labelled rows to choose thresholds on; rows the models have learnt are left "
        "out. The validation rows of the runs by default.",
    )
    test: list[Path] = Field(
        default_factory=list, description="Held-out labelled files; scored once, at the end."
    )
    text_column: str | None = Field(None, description="Column of the text.")
    label_column: str | None = Field(None, description="Column of the label.")
    target_accuracy: Share | None = Field(
        None, description="Accuracy that validation rows must prove at 95 %, as a share."
    )
    budget_usd_per_1k: Positive | None = Field(
        None, description="Most USD per 1,000 requests; the most accurate cascade within it."
    )
    error_usd: Positive | None = Field(
        None, description="What one wrong answer costs you, USD; least cost and errors together."
    )
    max_drop: float = Field(
        0.5,
        gt=0,
        le=50,
        description="Without another goal: largest loss of accuracy against the last model alone, "
        "surely (one-sided 95 % bound), in percentage points.",
    )
    rules: Path | None = Field(
        None,
        description="Your own table of rules (CSV or TOML: pattern, label, kind), asked first.",
    )
    rule_precision: Share = Field(
        0.9, description="Lower 95 % bound of the precision a rule must show on the rows."
    )
    cache_exact: int = Field(
        0, ge=0, le=10_000_000, description="Answers kept of texts met before; 0: none."
    )
    cache_near: int = Field(
        0,
        ge=0,
        le=10_000_000,
        description="Answers kept of texts that differ in case, width, white space or punctuation "
        "alone; 0: none.",
    )
    stream: Path | None = Field(
        None, description="Texts in the order they came in, to measure cache hits on."
    )
    api: bool = Field(
        False,
        description="Make the API named by --base-url and --model the last tier. Its answers to "
        "some of the rows are bought first; says for how much, and asks.",
    )
    base_url: str | None = Field(
        None, description="Address of an OpenAI-compatible API, with --api."
    )
    model: str | None = Field(
        None, description="Model id, exactly as the API and the price list know it."
    )
    rows: int = Field(
        1000,
        ge=1,
        description="With --api: rows to ask and to choose on, each label in proportion.",
    )
    max_usd: Positive = Field(
        1.0, description="With --api: spend at most this on these rows, earlier answers included."
    )
    serve_max_usd: Positive = Field(
        10.0,
        description="With --api: spend at most this in all while serving, by this workspace's "
        "ledger, USD; then the tier before answers.",
    )
    yes: bool = Field(False, description="Do not ask before sending.")
    name: str | None = Field(None, description="Name of the cascade; its parts' names by default.")
    out: Path | None = Field(
        None, description="Folder of artefact and report; cascades/NAME in the workspace."
    )
    seed: Seed = Field(0, description="Seed of the folds and of the order of timing.")
    threads: int | None = Field(None, ge=1, description=THREADS)
