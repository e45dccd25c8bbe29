"""What a customer is charged: prices a unit, included volume, fees. Integer micro-dollars out.

A charge is the exact sum of quantity times price, rounded up to a whole micro-dollar once a
request, so that what has a price is never given away and a sum of requests is exact.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Annotated

from pydantic import Field

from undercut.core.specs import Spec
from undercut.core.types import Record

MICRO = 1_000_000
USD = Annotated[Decimal, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)]
UNITS = ("requests", "inputs", "tokens")


class Quantities(Record):
    """How much of each unit."""

    requests: int = Field(default=0, ge=0, description="HTTP requests answered")
    inputs: int = Field(default=0, ge=0, description="texts answered in them")
    tokens: int = Field(default=0, ge=0, description="tokens of those texts")

    def less(self, other: Quantities) -> Quantities:
        """Return what is left of this after another is taken away, each at least 0."""
        return Quantities(**{u: max(0, getattr(self, u) - getattr(other, u)) for u in UNITS})

    def within(self, other: Quantities) -> Quantities:
        """Return the part of this that another covers."""
        return Quantities(**{u: min(getattr(self, u), getattr(other, u)) for u in UNITS})


NOTHING = Quantities()


class Price(Spec):
    """What units cost, USD; a unit that is not named costs nothing, but one must be named."""

    usd_per_1k_requests: USD | None = Field(default=None, description="USD a thousand requests.")
    usd_per_1k_inputs: USD | None = Field(default=None, description="USD a thousand texts.")
    usd_per_1m_tokens: USD | None = Field(default=None, description="USD a million tokens.")

    @property
    def known(self) -> bool:
        """Whether anything is priced; 0 is a price."""
        return any(v is not None for _, v in self)


def micro_usd(usd: Decimal) -> int:
    """Return USD as integer micro-dollars, rounded up."""
    return int((usd * MICRO).to_integral_value(ROUND_CEILING))


def usd(micro: int) -> Decimal:
    """Return micro-dollars as exact USD."""
    return Decimal(micro) / MICRO


def charge(price: Price | None, used: Quantities, free: Quantities = NOTHING) -> int | None:
    """Return the charge of one request in micro-dollars, ``None`` when it has no price.

    Args:
        price: what units cost.
        used: what the request used.
        free: the part of it that an included volume covers.
    """
    if price is None or not price.known:
        return None
    owed = used.less(free)
    exact = (
        owed.requests * (price.usd_per_1k_requests or 0) / Decimal(1_000)
        + owed.inputs * (price.usd_per_1k_inputs or 0) / Decimal(1_000)
        + owed.tokens * (price.usd_per_1m_tokens or 0) / Decimal(1_000_000)
    )
    return micro_usd(exact)
