"""The verb ``market``: rivals' prices at a date for the request they need, and their history."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import Field

from undercut.core.errors import fail
from undercut.core.specs_economics import PriceBookSpec
from undercut.core.types import Metric, Record
from undercut.economics.market import quote, rivals
from undercut.economics.money import Scale, percent
from undercut.economics.price_book import in_force, read_book
from undercut.economics.price_history import DatedPrice, history
from undercut.economics.records import Rival
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.pricing import price_date
from undercut.pipeline.run import read_facts

MILLIONS = Scale("million requests", 1e3)
"""The unit of the whole answer: that of the price lists."""
DISAGREE = 0.02
"""Share by which a price of the books may differ from the list's before it is said."""


class RivalRecord(Record):
    """One rival at the date. USD per 1,000 requests."""

    name: str
    provider: str
    model: str
    usd_per_1k: float
    since: str = Field(description="ISO date of the last change known; empty: no dated change")
    history: list[DatedPrice]
    cuts: int
    rises: int
    ratio_per_year: float | None
    accuracy: Metric | None = Field(description="measured by undercut rival; None: not measured")
    note: str


class MarketRecord(Record):
    """The market at a date."""

    date: str
    input_tokens: int
    output_tokens: int
    size_from: str = Field(description="where the size of the request is from")
    rivals: list[RivalRecord] = Field(description="cheapest first")
    left_out: list[str] = Field(description="models without a usable price, and why")
    disagreements: list[str] = Field(description="books against the installed list")
    sources: list[str]
    verdict: str


def market(spec: PriceBookSpec) -> MarketRecord:
    """Return rivals' prices and how they moved.

    Raises:
        UndercutError: no size of the request is known, or a book has mistakes.
    """
    on = price_date(spec.price_date)
    facts = _facts(spec)
    if (spec.input_tokens is None) != (spec.output_tokens is None):
        raise fail(
            "market-size", expected="both --input-tokens and --output-tokens, or neither",
            found="one of them",
        )  # fmt: skip
    if spec.input_tokens and spec.output_tokens:
        size, words = (spec.input_tokens, spec.output_tokens), "given"
    elif facts is not None:
        size = facts.price.input_tokens, facts.price.output_tokens
        words = f"the prompt a rival would need for run {facts.name or facts.id}"
    else:
        raise fail(
            "market-size", expected="the size of a request", found="no run and no size",
            where=str(spec.workspace),
            fix="Give --input-tokens and --output-tokens, or make a run: undercut run FILE",
        )  # fmt: skip
    found = rivals(*size, on, books=spec.rivals)
    rows = [_row(r, size, on, spec.rivals, facts) for r in found.rivals]
    return MarketRecord(
        date=on.isoformat(),
        input_tokens=size[0],
        output_tokens=size[1],
        size_from=words,
        rivals=rows,
        left_out=[f"Left out, {u.provider}/{u.model}: {u.reason}." for u in found.unpriced],
        disagreements=_disagreements(spec.rivals, size, on),
        sources=found.sources,
        verdict=_verdict(rows, on),
    )


def _facts(spec: PriceBookSpec) -> RunFacts | None:
    """Return the run's facts; ``None`` where no run is named and there is none."""
    if spec.run is None and not any((Path(spec.workspace) / "runs").glob("*/facts.json")):
        return None
    return read_facts(spec.workspace, spec.run)


def _row(
    r: Rival, size: tuple[int, int], on: date, books: list[Path], facts: RunFacts | None
) -> RivalRecord:
    moved = history(r.provider, r.model, *size, on, books)
    prices = moved.prices if moved else []
    measured = [
        m for m in (facts.rivals_measured if facts else [])
        if (m.provider, m.model) == (r.provider, r.model)
    ]  # fmt: skip
    note = r.note
    if measured:
        m = measured[-1]
        note = f"{percent(m.accuracy.value)} accuracy, asked {m.asked_at}; {note}"
        note = note.replace("accuracy not measured; ", "").removesuffix("; accuracy not measured")
    return RivalRecord(
        name=f"{r.provider}/{r.model}",
        provider=r.provider,
        model=r.model,
        usd_per_1k=r.usd_per_1k,
        since=prices[-1].since if prices else "",
        history=prices,
        cuts=moved.cuts if moved else 0,
        rises=moved.rises if moved else 0,
        ratio_per_year=moved.ratio_per_year if moved else None,
        accuracy=measured[-1].accuracy if measured else None,
        note=note,
    )


def _disagreements(books: list[Path], size: tuple[int, int], on: date) -> list[str]:
    """Return where a book's price differs from the installed list's on that day."""
    said = []
    for book in books:
        entries = read_book(book)
        for name in sorted({(e.provider, e.model) for e in entries}):
            entry = in_force([e for e in entries if (e.provider, e.model) == name], on)
            listed = quote(*name, *size, on)
            if entry is None or not isinstance(listed, Rival):
                continue
            own = (
                entry.usd_per_million_input * size[0] + entry.usd_per_million_output * size[1]
            ) / 1000
            if abs(own - listed.usd_per_1k) > DISAGREE * listed.usd_per_1k:
                said.append(
                    f"{book} has {MILLIONS.price(own)} for {'/'.join(name)}, the list "
                    f"{MILLIONS.price(listed.usd_per_1k)}; the book is taken."
                )
    return said


def _verdict(rows: list[RivalRecord], on: date) -> str:
    if not rows:
        return f"No API has a usable price on {on}."
    first = rows[0]
    moved = sum(bool(r.cuts or r.rises) for r in rows)
    yet = ", a day still to come (the last prices known)" if on > datetime.now(UTC).date() else ""
    return (
        f"The cheapest of {len(rows)} on {on}{yet} is {first.name} at "
        f"{MILLIONS.price(first.usd_per_1k)}; {moved} ever changed a list price that is "
        "dated: prices fall by new models, not by cuts."
    )
