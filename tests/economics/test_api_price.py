"""What a request to an API is billed."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from undercut.core.errors import UndercutError
from undercut.economics.api_price import ApiPrice, find_price
from undercut.economics.market import quote
from undercut.economics.records import Unpriced

DAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OPENAI = "https://api.openai.com/v1"


def test_a_listed_model_is_found_by_the_address_and_priced_as_the_price_page_prices_it():
    price = find_price(OPENAI, "gpt-4o-mini", on=DAY)
    assert isinstance(price, ApiPrice) and price.provider == "openai"
    bill = price.usd(420, 6, 0, NOON)
    assert float(1000 * bill) == pytest.approx(
        quote("openai", "gpt-4o-mini", 420, 6, DAY).usd_per_1k
    )
    assert price.source.startswith("genai-prices ") and "2026-11-24" in price.source


def test_cached_input_costs_what_the_list_says_and_never_more():
    price = find_price(OPENAI, "gpt-4o-mini", on=DAY)
    assert price.usd(1000, 0, 1000, NOON) < price.usd(1000, 0, 0, NOON)
    assert price.usd(1000, 0, 5000, NOON) == price.usd(1000, 0, 1000, NOON)


def test_the_users_own_price_wins_and_may_be_nothing():
    price = find_price("http://127.0.0.1:8/v1", "mine", usd_per_million=(0.25, 2), on=DAY)
    assert price.usd(1_000_000, 1_000_000, 0, NOON) == Decimal("2.25")
    free = find_price(OPENAI, "gpt-4o-mini", usd_per_million=(0, 0), on=DAY)
    assert free.usd(1_000_000, 1_000_000, 0, NOON) == 0


@pytest.mark.parametrize(
    ("url", "model", "provider"),
    [
        (OPENAI, "gpt-4o-mini-2024-07-18", None), (OPENAI, "no-such", None),
        ("http://127.0.0.1:8/v1", "gpt-4o-mini", None), (OPENAI, "gpt-4o-mini", "nobody"),
        (OPENAI, "", None), (OPENAI, "GPT-4o-mini", None),
    ],
)  # fmt: skip
def test_a_model_without_a_price_is_unpriced_with_a_reason_and_never_free(url, model, provider):
    found = find_price(url, model, provider, on=DAY)
    assert isinstance(found, Unpriced) and found.reason


def test_one_price_of_two_is_refused():
    with pytest.raises(UndercutError) as caught:
        find_price(OPENAI, "m", usd_per_million=(1, None))
    assert caught.value.code == "rival-price"
