"""What one API model bills for a request: from the installed price list, or as the user says.

The list is asked by the exact model id, as in :mod:`undercut.economics.market`. A model without a
price is an :class:`Unpriced` with its reason; nothing is ever taken as 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from urllib.parse import urlsplit

from undercut.core.errors import fail
from undercut.economics.market import quote
from undercut.economics.records import Unpriced
from undercut.ledger.price import tokens_usd

PROBE_TOKENS = 1000


@dataclass(frozen=True)
class ApiPrice:
    """The price of one model.

    Attributes:
        provider: provider id of the list, or the host of the address.
        given: USD per million tokens read and written, where the user gave them.
        source: where the price is from, and the date it was in force.
    """

    provider: str
    model: str
    source: str
    given: tuple[Decimal, Decimal] | None = None

    def usd(self, input_tokens: int, output_tokens: int, cached: int, at: datetime) -> Decimal:
        """Return the bill of one request.

        Args:
            input_tokens: tokens read, cached ones included.
            output_tokens: tokens written, hidden reasoning included.
            cached: of the input, tokens read from the vendor's cache; where only a plain price is
                known they cost as much as the others.
            at: moment of the request; some prices change with the hour.
        """
        if self.given is not None:
            return tokens_usd(input_tokens, output_tokens, self.given)
        from genai_prices import Usage, calc_price

        usage = Usage(
            input_tokens=input_tokens,
            cache_read_tokens=min(cached, input_tokens),
            output_tokens=output_tokens,
        )
        found = calc_price(usage, self.model, provider_id=self.provider, genai_request_timestamp=at)
        return Decimal(found.total_price)


def find_price(
    base_url: str,
    model: str,
    provider: str | None = None,
    usd_per_million: tuple[float | None, float | None] = (None, None),
    on: date | None = None,
) -> ApiPrice | Unpriced:
    """Return the price of a model behind an address, or why there is none.

    Args:
        base_url: address of the API; tells the provider when none is named.
        model: model id, exactly as the list has it.
        provider: provider id of the list.
        usd_per_million: the user's own prices of tokens read and written; both or neither.
        on: date of the price; today when not given.

    Raises:
        UndercutError: only one of the two prices was given.
    """
    read, write = usd_per_million
    day = on or datetime.now(UTC).date()
    host = urlsplit(base_url).hostname or ""
    if (read is None) != (write is None):
        raise fail(
            "rival-price",
            expected="both --usd-per-million-input and --usd-per-million-output, or neither",
            found="one of them",
        )
    if read is not None and write is not None:
        given = (Decimal(str(read)), Decimal(str(write)))
        shown = [f"{usd.normalize():f}" for usd in given]
        source = f"given: {shown[0]} USD in and {shown[1]} USD out per million tokens"
        return ApiPrice(provider or host, model, f"{source}, {day.isoformat()}", given)
    known = provider or _provider_of(base_url)
    if known is None:
        reason = f"{host} belongs to no provider of the price list"
        return Unpriced(provider=host, model=model, reason=reason)
    answer = quote(known, model, PROBE_TOKENS, 1, day)
    if isinstance(answer, Unpriced):
        return answer
    return ApiPrice(known, model, f"genai-prices {version('genai-prices')}, {day.isoformat()}")


def _provider_of(base_url: str) -> str | None:
    from genai_prices.data_snapshot import get_snapshot

    try:
        return str(get_snapshot().find_provider(None, None, base_url).id)
    except LookupError:
        return None
