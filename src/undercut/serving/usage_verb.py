"""The ``usage`` verb: what each key used of each model, what it pays, and what that cost."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from undercut.core.specs_serving import UsageSpec
from undercut.core.types import Record
from undercut.economics.charges import usd
from undercut.ledger.book import Book
from undercut.pipeline.pricing import rates_of
from undercut.serving.keys import KeyStore
from undercut.serving.keys_verb import there
from undercut.serving.opening import open_store
from undercut.serving.plans import read_plans
from undercut.serving.serving_cost import serving_cost
from undercut.serving.usage_by_customer import CustomerUsage, by_customer, month_fees
from undercut.serving.usage_export import export
from undercut.serving.usage_log import catch_up, log, sums


class KeyUsage(Record):
    """One key on one model under one plan."""

    customer: str
    key_id: str | None
    key_name: str
    plan: str | None
    model: str = Field(description="hash of the artefact")
    requests: int
    inputs: int
    tokens: int
    charged_usd: Decimal | None = Field(description="null when a request is not for sale")
    cost_usd: Decimal | None = Field(
        description="processor time of this workspace's servers, by tokens; null when not measured"
    )
    margin_usd: Decimal | None = Field(description="charged less cost")


class UsageReport(Record):
    """Usage of a month, or of all time."""

    month: str | None
    rows: tuple[KeyUsage, ...]
    customers: tuple[CustomerUsage, ...] = Field(
        default=(), description="what each customer pays, fees included, against what they cost"
    )
    out: str | None = None
    lines: int = 0


def usage(spec: UsageSpec) -> UsageReport:
    """Return usage by key and model, and write the log where the spec asks for it.

    Raises:
        UndercutError: no store, an unknown key, wrong plans, or processor time without a rate.
    """
    there(spec)
    database = open_store(spec)
    try:
        catch_up(spec, database)
        known = KeyStore(database, b"")  # keys are listed, none is verified: no secret is needed
        mine = known.list() if spec.key is None else [known.find(spec.key)]
        key_id = None if spec.key is None else mine[0].id
        fees = month_fees(mine, read_plans(spec.plans), spec.month)
        cost = None
        if spec.ledger_file.is_file():
            cost = serving_cost(Book(spec.ledger_file), rates_of(spec))
        rows = []
        for row in sums(database, spec.month, key_id):
            charged = None if row.pop("unpriced") else usd(row["micro_usd"])
            del row["micro_usd"]
            spent = cost(row["model"], row["tokens"]) if cost else None
            margin = None if charged is None or spent is None else charged - spent
            rows.append(KeyUsage(**row, charged_usd=charged, cost_usd=spent, margin_usd=margin))
        lines = 0
        if spec.out is not None:
            lines = export(log(database, spec.month, key_id), spec.out, spec.form)
        out = str(spec.out) if spec.out else None
        summed = ((r.customer, r.requests, r.charged_usd, r.cost_usd) for r in rows)
        customers = by_customer(summed, fees)
        return UsageReport(
            month=spec.month, rows=tuple(rows), customers=customers, out=out, lines=lines
        )
    finally:
        database.dispose()
