"""How list prices moved: dated prices of one model for one request size, and their decline a year.

Within a model list prices are sticky and jump; the decline of the market comes from *new* models,
so a model's own rate says little about next year's cheapest price (see docs/design/economics.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

from pydantic import Field

from undercut.core.types import Record
from undercut.economics.market import quote
from undercut.economics.price_book import BookEntry, read_book
from undercut.economics.records import Rival, Unpriced

DAYS_PER_YEAR = 365.25
LEAST_DAYS = 90
"""A rate over a shorter time is one jump written as a year's decline; it is not told."""


class DatedPrice(Record):
    """A price from a day on."""

    since: str = Field(description="ISO date; empty: the first price the list knows, undated")
    usd_per_1k: float


class PriceHistory(Record):
    """The prices of one model for one request size, oldest first."""

    provider: str
    model: str
    prices: list[DatedPrice]
    source: str
    cuts: int
    rises: int
    ratio_per_year: float | None = Field(
        description="price after a year over price before; None: no dated change, or too short"
    )


def history(
    provider: str,
    model: str,
    input_tokens: int,
    output_tokens: int,
    on: date,
    books: Sequence[Path | str] = (),
) -> PriceHistory | None:
    """Return how one model's price for one request moved until a day.

    The user's books win where they hold the model; else the installed list is asked on the day
    before each of its dated changes and on the day itself.

    Returns:
        ``None`` when neither knows the model.
    """
    rows = [
        e for book in books for e in read_book(book) if (e.provider, e.model) == (provider, model)
    ]
    if rows:
        points = _from_book(rows, input_tokens, output_tokens, on)
        return _made(provider, model, points, on, "your price book") if points else None
    days = _changes(provider, model, on)
    if days is None:
        return None
    first = quote(provider, model, input_tokens, output_tokens, min([date(2020, 1, 1), *days]))
    points = (
        [] if isinstance(first, Unpriced) else [DatedPrice(since="", usd_per_1k=first.usd_per_1k)]
    )
    for day in days:
        answer = quote(provider, model, input_tokens, output_tokens, day)
        if isinstance(answer, Rival):
            points.append(DatedPrice(since=day.isoformat(), usd_per_1k=answer.usd_per_1k))
    return _made(provider, model, points, on, "genai-prices") if points else None


def _from_book(rows: list[BookEntry], reads: int, writes: int, on: date) -> list[DatedPrice]:
    return [
        DatedPrice(
            since=e.since.isoformat(),
            usd_per_1k=(e.usd_per_million_input * reads + e.usd_per_million_output * writes) / 1000,
        )
        for e in sorted(rows, key=lambda e: e.since)
        if e.since <= on
    ]


def _changes(provider: str, model: str, on: date) -> list[date] | None:
    """Return the days the list dates a change of a model's price; ``None``: no such model."""
    from genai_prices.data_snapshot import get_snapshot

    for p in get_snapshot().providers:
        for m in p.models if p.id == provider else ():
            if m.id == model:
                rules = m.prices if isinstance(m.prices, list) else []
                days = {getattr(r.constraint, "start_date", None) for r in rules}
                return sorted(d for d in days if d is not None and d <= on)
    return None


def _made(
    provider: str, model: str, points: list[DatedPrice], on: date, source: str
) -> PriceHistory:
    values = [p.usd_per_1k for p in points]
    pairs = list(pairwise(values))
    dated = [p for p in points if p.since]
    rate = None
    if len(dated) > 1 and dated[0].usd_per_1k > 0 and dated[-1].usd_per_1k > 0:
        years = (on - date.fromisoformat(dated[0].since)).days / DAYS_PER_YEAR
        if years * DAYS_PER_YEAR >= LEAST_DAYS:
            rate = math.exp(math.log(dated[-1].usd_per_1k / dated[0].usd_per_1k) / years)
    return PriceHistory(
        provider=provider,
        model=model,
        prices=points,
        source=source,
        cuts=sum(b < a for a, b in pairs),
        rises=sum(b > a for a, b in pairs),
        ratio_per_year=rate,
    )
