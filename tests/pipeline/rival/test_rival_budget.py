"""The cap holds, the estimate is corrected, and the ledger is billed once."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics.api_price import ApiPrice
from undercut.ledger.book import Book
from undercut.pipeline.rival.bill import Bill
from undercut.pipeline.rival.budget import Cap, check_cap, estimate, token_ratio
from undercut.pipeline.rival.journal import Answer

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PRICE = ApiPrice("host", "m", "given", (Decimal("2"), Decimal("8")))


def answer(row="a", read=100, written=5, usd="0.00024", counted=False):
    return Answer(
        row, "x", False, False, read, written, 0, 0, counted, usd, 1.0, 1, 0, NOW.isoformat()
    )


def test_an_estimate_is_tokens_times_price():
    found = estimate(PRICE, [100, 200], 3.2, [], NOW)
    assert (found.requests, found.input_tokens, found.output_tokens) == (2, 300, 6)
    assert found.usd == Decimal(300) * 2 / 10**6 + Decimal(2 * 4) * 8 / 10**6
    assert "hidden reasoning" in found.basis


def test_answers_paid_for_correct_the_estimate():
    paid = [(100, answer(read=150, written=40)), (100, answer(read=250, written=60))]
    assert token_ratio(paid) == 2.0
    found = estimate(PRICE, [100], 3, paid, NOW)
    assert found.usd == Decimal(200) * 2 / 10**6 + Decimal(50) * 8 / 10**6
    assert token_ratio([(100, answer(read=150, counted=True))]) == 1.0


def test_over_the_cap_nothing_is_sent_and_the_way_out_is_named():
    found = estimate(PRICE, [1000] * 100, 1, [], NOW)
    check_cap(Decimal(0), found, found.usd)
    with pytest.raises(UndercutError) as caught:
        check_cap(Decimal("0.0001"), found, found.usd)
    assert caught.value.code == "rival-cap" and "--rows" in str(caught.value)


@settings(max_examples=200, deadline=None)
@given(
    st.decimals(0, 10, places=4),
    st.lists(st.tuples(st.decimals(0, 2, places=4), st.integers(0, 100)), max_size=30),
    st.integers(1, 5),
)
def test_the_cap_is_never_passed_when_no_row_costs_more_than_its_worst(limit, rows, at_once):
    cap, under_way = Cap(limit, Decimal(0)), []
    for worst, part in rows:
        if len(under_way) == at_once:
            cap.settle(*under_way.pop(0))
        if cap.reserve(worst):
            under_way.append((worst, worst * part / 100))
    for worst, usd in under_way:
        cap.settle(worst, usd)
    assert cap.spent <= limit


@settings(max_examples=15, deadline=None)
@given(st.lists(st.decimals(0, "0.001", places=9), min_size=1, max_size=12), st.integers(0, 12))
def test_the_bill_is_exact_in_sum_and_the_same_after_any_interruption(
    tmp_path_factory, amounts, stop
):
    answers = [answer(row=str(i), usd=f"{usd:f}") for i, usd in enumerate(amounts)]
    book = Book(tmp_path_factory.mktemp("book") / "ledger.sqlite")
    for part in (answers[:stop], answers, answers):
        bill = Bill(book, "j", "note")
        for a in part:
            bill.add(a)
    rows = book.entries("rival:j:")
    assert len(rows) == 4 * len(answers)
    usd = sum(e.quantity for e in rows if e.unit == "api_usd")
    assert abs(usd - sum(amounts)) <= Decimal("0.0000005")
    assert sum(e.quantity for e in rows if e.unit == "api_request") == len(answers)
