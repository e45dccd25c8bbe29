"""Rival prices and the traps of a price list."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from genai_prices import data_snapshot
from genai_prices.types import ClauseEquals, ModelInfo, ModelPrice, Provider

from undercut.core.errors import UndercutError
from undercut.economics import market
from undercut.economics.candidates import Candidate, read_candidates
from undercut.economics.price_book import EXAMPLES, read_book
from undercut.economics.records import Rival, Unpriced

pytestmark = pytest.mark.filterwarnings("error")

DAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("provider", "model", "usd_per_1k"),
    [
        ("groq", "llama-3.1-8b-instant", 0.00616),
        ("openai", "gpt-5-nano", 0.00680),
        ("google", "gemini-2.5-flash-lite", 0.01280),
        ("openai", "gpt-4o-mini", 0.01920),
        ("openai", "gpt-5-mini", 0.03400),
        ("anthropic", "claude-haiku-4-5", 0.13000),
        ("openai", "gpt-4o", 0.32000),
    ],
)
def test_list_prices_of_a_hundred_and_twenty_tokens_in_and_two_out(provider, model, usd_per_1k):
    rival = market.quote(provider, model, 120, 2, DAY)
    assert isinstance(rival, Rival)
    assert rival.usd_per_1k == pytest.approx(usd_per_1k, rel=1e-9)
    assert (rival.input_tokens, rival.output_tokens) == (120, 2)
    assert rival.priced_at == "2026-11-21"
    assert rival.note.startswith("accuracy not measured")


@pytest.mark.parametrize(
    ("provider", "model", "reason"),
    [
        ("openai", "gpt-5-nano-turbo", "matched to another model, gpt-5-nano"),
        ("openai", "gpt-99", "not in the price list"),
        ("nobody", "gpt-5-nano", "not in the price list"),
        ("google", "claude-2", "matched to another provider's claude-2"),
        ("google", "gemini-2.0-flash", "withdrawn by the provider"),
        ("azure", "phi-4-reasoning:free", "no price for text"),
        ("groq", "whisper-large-v3", "no price for text"),
        ("openai", "text-embedding-3-small", "no price for text"),
    ],
)
def test_a_model_without_a_usable_price_is_listed_and_never_free(provider, model, reason):
    answer = market.quote(provider, model, 120, 2, DAY)
    assert isinstance(answer, Unpriced)
    assert reason in answer.reason
    found = market.rivals(120, 2, DAY, [Candidate(provider=provider, model=model)])
    assert found.rivals == []
    assert found.unpriced == [answer]


def test_long_context_tiers_follow_the_size_of_the_request():
    short = market.quote("anthropic", "claude-haiku-5-5", 120, 2, DAY)
    long = market.quote("anthropic", "claude-haiku-5-5", 150_000, 2, DAY)
    assert short.usd_per_1k == pytest.approx(0.12 * 0.1 + 0.002 * 0.5)
    assert long.usd_per_1k == pytest.approx(150 * 0.5 + 0.002 * 2.5)  # five times a token
    over = market.quote("anthropic", "claude-haiku-4-5", 200_000, 2, DAY)
    assert "exceeds the context of 200000 tokens" in over.reason


def test_a_price_that_changes_with_the_hour_is_averaged_and_said():
    rival = market.quote("deepseek", "deepseek-flash", 120, 2, DAY)
    peak, quiet = 0.12 * 0.3 + 0.002 * 1.2, 0.12 * 0.15 + 0.002 * 0.6
    assert rival.usd_per_1k == pytest.approx((7 * peak + 17 * quiet) / 24)
    assert "varies by hour from 0.0192 to 0.0384" in rival.note


def test_prices_follow_the_date():
    before = market.quote("openai", "gpt-5.6-luna", 1000, 1, date(2026, 7, 29))
    after = market.quote("openai", "gpt-5.6-luna", 1000, 1, date(2026, 7, 30))
    assert before.usd_per_1k == pytest.approx(5 * after.usd_per_1k)  # cut by 80 percent that day
    assert market.quote("openai", "gpt-5.6-luna", 1000, 1, datetime(2026, 7, 30, 5)) == after


def test_an_explicit_price_of_zero_is_not_a_market_price():
    model = ModelInfo(
        id="gift",
        match=ClauseEquals(equals="gift"),
        prices=ModelPrice(input_mtok=Decimal(0), output_mtok=Decimal(0)),
    )
    shop = Provider(id="shop", name="Shop", api_pattern="shop", models=[model])
    data_snapshot.set_custom_snapshot(data_snapshot.DataSnapshot([shop], from_auto_update=False))
    try:
        answer = market.quote("shop", "gift", 121, 2, DAY)
    finally:
        data_snapshot.set_custom_snapshot(None)
    assert isinstance(answer, Unpriced)
    assert "price of 0 is not a market price" in answer.reason


def test_the_shipped_candidates_are_all_priced_or_said_to_have_retired():
    found = market.rivals(120, 2, DAY)
    prices = [r.usd_per_1k for r in found.rivals]
    assert prices == sorted(prices)
    assert min(prices) > 0
    assert len(found.rivals) >= 10
    assert len(found.rivals) + len(found.unpriced) == len(read_candidates())
    assert {u.model: u.reason for u in found.unpriced} == {
        "gpt-4.1-nano": "retired 2026-10-23",
        "llama-3.1-8b-instant": "retired 2026-08-16",
    }
    assert {"openai", "anthropic", "google", "mistral"} <= {r.provider for r in found.rivals}
    assert found.sources[0].startswith("genai-prices ")


def test_hidden_reasoning_foreign_tokenizers_and_retirement_are_in_the_note():
    notes = {r.model: r.note for r in market.rivals(120, 2, DAY).rivals}
    assert "may bill hidden reasoning tokens" in notes["gpt-5-nano"]
    assert "retires 2026-12-11" in notes["gpt-5-nano"]
    assert "token count estimated" not in notes["gpt-5-nano"]
    assert "token count estimated" in notes["claude-haiku-4-5"]
    assert "hidden reasoning" not in notes["claude-haiku-4-5"]


def test_a_retired_model_is_priced_until_the_day_it_retires():
    found = market.rivals(120, 2, date(2026, 8, 15))
    assert "llama-3.1-8b-instant" in {r.model for r in found.rivals}
    later = market.rivals(120, 2, date(2026, 12, 11))
    assert "gpt-5-nano" in {u.model for u in later.unpriced}


def test_the_shipped_book_says_what_the_list_says():
    for entry in read_book(EXAMPLES):
        listed = market.quote(entry.provider, entry.model, 120, 2, DAY)
        booked = (120 * entry.usd_per_million_input + 2 * entry.usd_per_million_output) / 1000
        assert listed.usd_per_1k == pytest.approx(booked), entry.model


def test_a_users_book_wins_adds_and_dates_its_prices(tmp_path):
    book = tmp_path / "rivals.toml"
    row = 'source = "contract"\nusd_per_million_output = 0.0\n'
    book.write_text(
        f'[[rival]]\nprovider = "openai"\nmodel = "gpt-5-nano"\nusd_per_million_input = 0.01\n'
        f'from = 2026-01-01\nnote = "合同价"\n{row}'
        f'[[rival]]\nprovider = "openai"\nmodel = "gpt-5-nano"\nusd_per_million_input = 0.02\n'
        f"from = 2027-01-01\n{row}"
        f'[[rival]]\nprovider = "house"\nmodel = "mini"\nusd_per_million_input = 1\n'
        f"from = 2027-01-01\n{row}"
        f'[[rival]]\nprovider = "house"\nmodel = "gift"\nusd_per_million_input = 0\n'
        f"from = 2026-01-01\n{row}",
        encoding="utf-8",
    )
    found = market.rivals(1000, 2, DAY, books=[book])
    nano = [r for r in found.rivals if r.model == "gpt-5-nano"]
    assert [r.usd_per_1k for r in nano] == [pytest.approx(0.01)]
    assert nano[0].note == "accuracy not measured; 合同价; price since 2026-01-01, contract"
    reasons = {u.model: u.reason for u in found.unpriced}
    assert reasons["mini"] == "no price in force on 2026-11-21"
    assert reasons["gift"] == "a price of 0 is not a market price"
    assert str(book) in found.sources
    later = market.rivals(1000, 2, date(2027, 1, 1), candidates=[], books=[book])
    assert {r.model: r.usd_per_1k for r in later.rivals} == {
        "gpt-5-nano": pytest.approx(0.02),
        "mini": pytest.approx(1.0),
    }


def test_rivals_fit_the_record_of_the_run():
    fields = set(Rival.model_fields)
    assert fields == {
        "provider",
        "model",
        "usd_per_1k",
        "input_tokens",
        "output_tokens",
        "priced_at",
        "note",
    }


@pytest.mark.parametrize("size", [(0, 2), (120, 0), (1.5, 2), (float("nan"), 2), (-1, 2)])
def test_a_request_size_that_is_none_is_refused(size):
    with pytest.raises(UndercutError, match="a whole number"):
        market.rivals(*size, DAY)


def test_a_date_that_is_none_is_refused():
    with pytest.raises(UndercutError, match="a date such as"):
        market.rivals(120, 2, "soon")
