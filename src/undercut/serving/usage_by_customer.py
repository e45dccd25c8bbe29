"""What each customer pays, fees included, against what they cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from pydantic import Field

from undercut.core.types import Record
from undercut.economics.charges import usd
from undercut.serving.invoice import fees_of
from undercut.serving.key_record import ApiKey
from undercut.serving.plans import Plans


class CustomerUsage(Record):
    """One customer over all keys and models."""

    customer: str
    requests: int
    charged_usd: Decimal | None = Field(description="for requests; null when one is not for sale")
    fees_usd: Decimal | None = Field(
        description="fees of the month; null without a month or the file of plans"
    )
    cost_usd: Decimal | None = Field(description="null when part of it is not measured")
    margin_usd: Decimal | None = Field(description="charges and fees less cost")


def month_fees(
    keys: Sequence[ApiKey], plans: Plans, month: str | None
) -> Mapping[str, Decimal] | None:
    """Return customer -> fees of a month, USD; ``None`` where they cannot be told.

    Raises:
        UndercutError: a key in force then is on a plan the file does not have.
    """
    if not any(key.plan for key in keys):
        return {}
    if month is None or not plans:
        return None
    found: dict[str, Decimal] = defaultdict(Decimal)
    for customer, line in fees_of(keys, plans, month):
        found[customer] += usd(line.micro_usd)
    return found


def by_customer(
    rows: Iterable[tuple[str, int, Decimal | None, Decimal | None]],
    fees: Mapping[str, Decimal] | None,
) -> tuple[CustomerUsage, ...]:
    """Return a row a customer.

    Args:
        rows: customer, requests, charge and cost of each key and model, USD.
        fees: of :func:`month_fees`; who owes one is a customer without a request too.
    """
    own: dict[str, list[tuple[int, Decimal | None, Decimal | None]]] = defaultdict(list)
    for customer, requests, charge, spent in rows:
        own[customer].append((requests, charge, spent))
    told = []
    for customer in sorted(own.keys() | set(fees or ())):
        mine = own[customer]
        charged = _sum([c for _, c, _ in mine])
        cost = _sum([c for _, _, c in mine])
        fee = None if fees is None else fees.get(customer, Decimal(0))
        known = charged is not None and cost is not None and fee is not None
        told.append(
            CustomerUsage(
                customer=customer,
                requests=sum(n for n, _, _ in mine),
                charged_usd=charged,
                fees_usd=fee,
                cost_usd=cost,
                margin_usd=charged + fee - cost if known else None,  # type: ignore[operator]
            )
        )
    return tuple(told)


def _sum(parts: Sequence[Decimal | None]) -> Decimal | None:
    """Return the sum; ``None`` as soon as a part is not known."""
    return None if None in parts else sum((p for p in parts if p is not None), Decimal(0))
