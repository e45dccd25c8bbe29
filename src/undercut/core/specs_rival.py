"""The verb ``rival``, and how any API is asked; see :mod:`undercut.core.specs`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from undercut.core.specs import NotNegative, PlaceSpec, Positive, Spec


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
