"""The verbs over finished runs and the ledger; see :mod:`undercut.core.specs`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from undercut.core.specs import MarketSpec, NotNegative, PlaceSpec, RatesSpec


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


class ReportSpec(PlaceSpec):
    """Write the report of a finished run again."""

    run: str | None = Field(None, description="Name of a run; the newest by default.")


class ExportSpec(PlaceSpec):
    """Write a finished run's settings, curves and costs for a tracker; nothing is sent."""

    run: str | None = Field(None, description="Name of a run; the newest by default.")
    to: str = Field("tensorboard", description="tensorboard, mlflow, or wandb.")
    out: Path | None = Field(
        None, description="Folder to write to; tracking/NAME in the run's folder by default."
    )


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
