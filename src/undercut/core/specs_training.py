"""The verbs that fit models; see :mod:`undercut.core.specs`."""

from __future__ import annotations

from pydantic import Field

from undercut.core.specs import (
    DataSpec,
    FitSpec,
    GateSpec,
    MarketSpec,
    NotNegative,
    Positive,
    RatesSpec,
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
