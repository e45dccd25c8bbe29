"""What rival APIs charge for a request of a given size on a given date.

Prices come offline from the installed ``genai-prices`` list and from the user's own books, at
standard processing: batch queues often cost half and answer within hours, and cached prompt
prefixes cost less, but neither is assumed. Traps of such a list, and what is done here:

- an unknown name is silently matched by prefix: the returned id must be the one asked for;
- long-context tiers apply to long prompts only: prices are asked at the real request size;
- reasoning models bill tokens the answer does not show: the note says so;
- prices may change with the hour: the mean over the day is taken and the note says so;
- a missing price sums to 0, and free tiers are 0: neither is a market price;
- withdrawn models keep their last price: candidates carry the day they retire.

The list holds no release dates, so a date before a model's release gets its first known price.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path

from undercut.core.errors import fail
from undercut.economics.candidates import Candidate, read_candidates
from undercut.economics.checks import collect, whole
from undercut.economics.price_book import BookEntry, as_date, in_force, read_book
from undercut.economics.records import Market, Rival, Unpriced

UNMEASURED = "accuracy not measured"
REASONING = "may bill hidden reasoning tokens, not counted"
OWN_TOKENS = "token count estimated, the vendor's tokenizer differs"


def quote(
    provider: str, model: str, input_tokens: int, output_tokens: int, on: date
) -> Rival | Unpriced:
    """Price one request size of one model from the installed list.

    Args:
        provider: provider id of the list.
        model: model id of the list, exactly.
        input_tokens: prompt tokens of one request.
        output_tokens: answer tokens of one request.
        on: date of the price.

    Raises:
        UndercutError: the request size is not a pair of whole numbers.
    """
    _check_size(input_tokens, output_tokens)
    day = _day(on)
    answer = _list_price(provider, model, input_tokens, output_tokens, day)
    if isinstance(answer, str):
        return Unpriced(provider=provider, model=model, reason=answer)
    low, mean, high = answer
    note = UNMEASURED
    if high > low:
        note += f"; varies by hour from {low:.3g} to {high:.3g} USD per 1,000, mean of the day"
    return Rival(
        provider=provider,
        model=model,
        usd_per_1k=mean,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        priced_at=day.isoformat(),
        note=note,
    )


def _day(on: date) -> date:
    try:
        return as_date(on)
    except ValueError:
        raise fail(
            "prices-date", expected="a date such as 2026-11-21", found=repr(on), where="on"
        ) from None


def _check_size(input_tokens: int, output_tokens: int) -> None:
    collect(
        whole("input_tokens", input_tokens, low=1),
        whole("output_tokens", output_tokens, low=1),
    )


@cache
def _list_price(
    provider: str, model: str, input_tokens: int, output_tokens: int, day: date
) -> tuple[float, float, float] | str:
    """Return the lowest, mean and highest USD/1k of the day, or why there is none."""
    from genai_prices import Usage, calc_price  # 0.4 s to import
    from genai_prices.types import TimeOfDateConstraint

    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)

    def ask(at: datetime):  # type: ignore[no-untyped-def]
        return calc_price(usage, model, provider_id=provider, genai_request_timestamp=at)

    midnight = datetime.combine(day, time(), tzinfo=UTC)
    try:
        first = ask(midnight)
    except LookupError:
        return "not in the price list"
    found = first.model
    if first.provider.id != provider or not any(found is m for m in first.provider.models):
        return f"matched to another provider's {found.id}"
    if found.id != model:
        return f"matched to another model, {found.id}"
    if found.deprecated:
        return "withdrawn by the provider"
    if found.context_window and input_tokens + output_tokens > found.context_window:
        return f"the request exceeds the context of {found.context_window} tokens"
    rules = found.prices if isinstance(found.prices, list) else []
    hourly = any(isinstance(rule.constraint, TimeOfDateConstraint) for rule in rules)
    steps = range(48) if hourly else range(1)
    answers = [first, *(ask(midnight + timedelta(minutes=30 * i)) for i in steps[1:])]
    if any(a.model_price.input_mtok is None or a.model_price.output_mtok is None for a in answers):
        return "no price for text in and text out: a free tier or another kind of model"
    prices = [1000.0 * float(a.total_price) for a in answers]
    if min(prices) <= 0:
        return "free tier or promotion: a price of 0 is not a market price"
    return min(prices), sum(prices) / len(prices), max(prices)


def rivals(
    input_tokens: int,
    output_tokens: int,
    on: date,
    candidates: Sequence[Candidate] | None = None,
    books: Sequence[Path | str] = (),
) -> Market:
    """Price a request size at a date for every candidate and every model of the books.

    Args:
        input_tokens: prompt tokens of one request.
        output_tokens: answer tokens of one request.
        on: date of the prices.
        candidates: models to price; ``None`` takes the shipped list.
        books: the user's price books; their rows win over the installed list.

    Returns:
        Rivals by USD per 1,000 requests, cheapest first, and the candidates without a price.

    Raises:
        UndercutError: the request size is wrong, or a file has mistakes.
    """
    _check_size(input_tokens, output_tokens)
    on = _day(on)
    wanted = read_candidates() if candidates is None else list(candidates)
    entries = [entry for book in books for entry in read_book(book)]
    booked = {(e.provider, e.model) for e in entries}
    priced: list[Rival] = []
    unpriced: list[Unpriced] = []
    for c in wanted:
        if (c.provider, c.model) in booked:
            continue
        if c.retires and on >= c.retires:
            reason = f"retired {c.retires.isoformat()}"
            unpriced.append(Unpriced(provider=c.provider, model=c.model, reason=reason))
            continue
        answer = quote(c.provider, c.model, input_tokens, output_tokens, on)
        if isinstance(answer, Unpriced):
            unpriced.append(answer)
        else:
            priced.append(answer.model_copy(update={"note": _note(answer.note, c)}))
    for provider, model in sorted(booked):
        mine = [e for e in entries if (e.provider, e.model) == (provider, model)]
        entry = in_force(mine, on)
        if entry is None:
            reason = f"no price in force on {on.isoformat()}"
        elif _book_usd_per_1k(entry, input_tokens, output_tokens) == 0:
            reason = "a price of 0 is not a market price"
        else:
            priced.append(_from_book(entry, input_tokens, output_tokens, on))
            continue
        unpriced.append(Unpriced(provider=provider, model=model, reason=reason))
    return Market(
        rivals=sorted(priced, key=lambda r: (r.usd_per_1k, r.provider, r.model)),
        unpriced=unpriced,
        sources=[f"genai-prices {version('genai-prices')}", *map(str, books)],
    )


def _note(note: str, c: Candidate) -> str:
    parts = [note]
    if c.reasoning:
        parts.append(REASONING)
    if c.tokens != "o200k":
        parts.append(OWN_TOKENS)
    if c.retires:
        parts.append(f"retires {c.retires.isoformat()}")
    return "; ".join(parts)


def _book_usd_per_1k(entry: BookEntry, input_tokens: int, output_tokens: int) -> float:
    million = (
        entry.usd_per_million_input * input_tokens + entry.usd_per_million_output * output_tokens
    )
    return million / 1000.0


def _from_book(entry: BookEntry, input_tokens: int, output_tokens: int, on: date) -> Rival:
    parts = [UNMEASURED, entry.note, f"price since {entry.since.isoformat()}, {entry.source}"]
    return Rival(
        provider=entry.provider,
        model=entry.model,
        usd_per_1k=_book_usd_per_1k(entry, input_tokens, output_tokens),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        priced_at=on.isoformat(),
        note="; ".join(p for p in parts if p),
    )
