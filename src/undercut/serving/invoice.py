"""Invoices of a month: what each customer owes, equal to the request log to the micro-dollar.

Charges were fixed when each request was let in; an invoice only sums them, adds the fees of
monthly plans, and counts the log a second time, row by row, before anything is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from undercut.core.errors import Problem, UndercutError, fail
from undercut.core.types import Record
from undercut.economics.charges import usd
from undercut.serving.key_record import ApiKey
from undercut.serving.plans import Plans
from undercut.serving.usage_log import log, month_after, sums


class Line(Record):
    """Requests of one key to one model, or a month's fee."""

    what: str = Field(description="usage, or fee")
    key_id: str
    key_name: str
    plan: str | None
    model: str = Field(description="hash of the artefact; empty for a fee")
    requests: int = 0
    inputs: int = 0
    tokens: int = 0
    micro_usd: int

    @property
    def usd(self) -> Decimal:
        """The amount in USD, exact."""
        return usd(self.micro_usd)


class Invoice(Record):
    """What a customer owes for a month."""

    month: str
    customer: str
    seller: str
    lines: tuple[Line, ...]
    total_micro_usd: int
    requests: int = Field(description="rows of the request log it was checked against")

    @property
    def total(self) -> Decimal:
        """The total in USD, exact."""
        return usd(self.total_micro_usd)


class NotBilled(Record):
    """Requests that are on no invoice: of keys without a plan, or of no key."""

    key_id: str | None
    key_name: str
    requests: int


def fees_of(keys: Iterable[ApiKey], plans: Plans, month: str) -> list[tuple[str, Line]]:
    """Return (customer, fee) of each key that was in force at some time of the month."""
    first, after = f"{month}-01", f"{month_after(month)}-01"
    found, lost = [], []
    for key in keys:
        ended = min(filter(None, (key.revoked_at, key.expires_at)), default=after)
        if key.plan is None or key.created_at >= after or ended < first:
            continue
        if key.plan not in plans:
            where = f"key {key.id} ({key.name})"
            lost.append(Problem(f"the plan '{key.plan}' in the file of plans", "none", where))
            continue
        fee = plans[key.plan].fee_micro_usd
        if fee:
            line = Line(
                what="fee",
                key_id=key.id,
                key_name=key.name,
                plan=key.plan,
                model="",
                micro_usd=fee,
            )
            found.append((key.customer, line))
    if lost:
        raise UndercutError("plan-lost", lost)
    return found


def invoices(
    database: sa.Engine, keys: Iterable[ApiKey], plans: Plans, month: str, seller: str = ""
) -> tuple[list[Invoice], list[NotBilled]]:
    """Return the invoices of a UTC month by customer, and what is on none of them.

    Raises:
        UndercutError: a customer has both priced and unpriced requests, a plan is lost, or the
            log does not agree.
    """
    lines: dict[str, list[Line]] = defaultdict(list)
    left: list[NotBilled] = []
    mixed: list[Problem] = []
    counted: dict[str, int] = defaultdict(int)
    for row in sums(database, month):
        unpriced = row["unpriced"]
        if unpriced and (row["plan"] is not None or unpriced < row["requests"]):
            where = f"key {row['key_id']} ({row['key_name']})"
            mixed.append(Problem("a charge for every request", f"{unpriced} without", where))
        elif unpriced:
            left.append(NotBilled(**{k: row[k] for k in NotBilled.model_fields}))
        else:
            taken = {k: v for k, v in row.items() if k in Line.model_fields}
            lines[row["customer"]].append(Line(what="usage", **taken))
            counted[row["customer"]] += row["requests"]
    if mixed:
        raise UndercutError("usage-unpriced", mixed)
    for customer, fee in fees_of(keys, plans, month):
        lines[customer].append(fee)
    made = [
        Invoice(
            month=month,
            customer=customer,
            seller=seller,
            lines=tuple(own),
            total_micro_usd=sum(line.micro_usd for line in own),
            requests=counted[customer],
        )
        for customer, own in sorted(lines.items())
    ]
    _reconcile(made, log(database, month))
    return made, left


def _reconcile(made: Iterable[Invoice], rows: Iterable[Mapping[str, Any]]) -> None:
    """Count the log row by row and compare.

    Raises:
        UndercutError: an invoice says another sum than the log.
    """
    charged: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row["micro_usd"] is not None:
            both = charged[row["customer"]]
            both[0] += 1
            both[1] += row["micro_usd"]
    for invoice in made:
        used = sum(line.micro_usd for line in invoice.lines if line.what == "usage")
        if [invoice.requests, used] != charged[invoice.customer]:
            requests, micro = charged[invoice.customer]
            raise fail(
                "invoice-log",
                expected=f"{requests} requests for {micro} micro-dollars, as the log says",
                found=f"{invoice.requests} for {used}",
                where=f"{invoice.customer}, {invoice.month}",
                fix="Was the month still going on? Wait until it is over and run it again.",
            )
