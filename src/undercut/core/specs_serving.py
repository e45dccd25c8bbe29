"""Specs of the verbs around a server: keys, usage, invoices, feedback."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from undercut.core.specs import NotNegative, PlaceSpec, RatesSpec


class StoreSpec(PlaceSpec):
    """Where keys, usage and feedback lie."""

    state_folder: Path | None = Field(
        default=None,
        description="Folder of the store, its secret and the journal; WORKSPACE/serving by "
        "default. One server at a time.",
    )
    database: str | None = Field(
        default=None,
        description="Store of keys, budgets, usage and feedback: a SQLite file, or "
        "postgresql://user@host/name for several machines (the password in PGPASSWORD or "
        "~/.pgpass); STATE_FOLDER/serving.sqlite by default. Several servers may share it.",
    )
    pepper: Path | None = Field(
        default=None,
        description="File of the secret that keys are hashed with, the same for every server of "
        "a store; beside the SQLite file, or STATE_FOLDER/pepper, by default.",
    )
    plans: Path | None = Field(
        default=None, description="TOML file of plans: what keys may use and what they pay."
    )

    @property
    def state(self) -> Path:
        """Return the folder of the store and the journal."""
        return self.state_folder or self.workspace / "serving"

    @property
    def store(self) -> Path | str:
        """Return the SQLite file or the URL."""
        if self.database and "://" in self.database:
            return self.database
        return Path(self.database) if self.database else self.state / "serving.sqlite"

    @property
    def pepper_file(self) -> Path:
        """Return the file of the keyed hash's secret."""
        place = self.store
        if self.pepper is not None:
            return self.pepper
        beside = isinstance(place, Path)
        return place.with_name(place.name + ".pepper") if beside else self.state / "pepper"  # type: ignore[union-attr]

    @property
    def ledger_file(self) -> Path:
        """Return the workspace's ledger."""
        return self.workspace / "ledger.sqlite"


class KeysSpec(StoreSpec):
    """Make, list, change and end API keys; a running server notices within a second."""

    action: str = Field(
        "list", description="create, list, rotate, revoke, limit, or audit: what was done by whom."
    )
    key: str | None = Field(
        None, description="Name of the key to create; else id or name of the one that is meant."
    )
    customer: str | None = Field(
        None, description="Who pays, such as a Stripe customer id; the key's name by default."
    )
    scopes: list[str] = Field(
        default_factory=list,
        description="What the key may do: predict, feedback, usage, metrics, admin; the first "
        "three by default.",
    )
    models: list[str] = Field(
        default_factory=list, description="Models the key may reach; all by default."
    )
    plan: str | None = Field(None, description="Plan of the file --plans.")
    expires_at: datetime | None = Field(
        None, description="When the key ends, such as 2027-01-31T00:00:00Z."
    )
    requests_per_second: int | None = Field(None, ge=1, description="Limit of this key.")
    requests_per_day: int | None = Field(None, ge=0, description="Limit of this key, a UTC day.")
    inputs_per_day: int | None = Field(
        None, ge=0, description="Limit of this key: texts a UTC day."
    )
    distinct_texts_per_day: int | None = Field(
        None, ge=0, description="Limit of this key: different texts a UTC day."
    )
    most_labels: int | None = Field(
        None, ge=1, description="Most labels whose probability this key is told; 1: the answer's."
    )
    probability_decimals: int | None = Field(
        None, ge=0, le=6, description="Decimals that this key's probabilities are rounded to."
    )
    requests_per_month: int | None = Field(None, ge=0, description="Limit of this key.")
    tokens_per_month: int | None = Field(None, ge=0, description="Limit of this key.")
    usd_per_month: NotNegative | None = Field(None, description="Limit of this key's charges.")
    requests_total: int | None = Field(None, ge=0, description="Limit of this key, in all.")
    tokens_total: int | None = Field(None, ge=0, description="Limit of this key, in all.")
    usd_total: NotNegative | None = Field(None, description="Limit of this key's charges, in all.")
    unlimited: bool = Field(False, description="Take the key's own limits away first.")


class UsageSpec(StoreSpec, RatesSpec):
    """Show what each key used of each model, what it pays and what that cost."""

    month: str | None = Field(
        None, pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="UTC month such as 2026-11; all else."
    )
    key: str | None = Field(None, description="Id or name of one key.")
    out: Path | None = Field(None, description="Also write every request to this file.")
    form: Literal["csv", "cloudevents", "stripe"] = Field(
        "csv",
        description="Of that file: CSV; CloudEvents 1.0, one JSON a line; Stripe meter events, "
        "one JSON a line, the key's customer being the Stripe customer.",
    )


class InvoiceSpec(StoreSpec):
    """Write each customer's invoice of a month: CSV, JSON and HTML, checked against the log."""

    month: str | None = Field(
        None,
        pattern=r"^\d{4}-(0[1-9]|1[0-2])$",
        description="UTC month such as 2026-11; the last whole one by default.",
    )
    customer: str | None = Field(None, description="Only this customer.")
    out: Path | None = Field(None, description="Folder; WORKSPACE/invoices/MONTH by default.")
    seller: str = Field("", description="Your name and address, as they shall stand on it.")


class FeedbackSpec(StoreSpec):
    """Show, export or delete the corrections that callers sent."""

    action: str = Field("list", description="list, export, or delete.")
    customer: str | None = Field(
        None, description="Only this customer's; needed by delete, which takes all of them."
    )
    out: Path | None = Field(
        None, description="File of export, CSV: text, label; for `undercut run`."
    )
