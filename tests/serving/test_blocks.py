"""Budgets taken ahead: memory lets in what the store covers, and an idle block refuses nobody."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.leave import leave
from serving.test_budgets import NOW, ONE, Shop
from serving.till_process import MODEL, PLANS
from undercut.economics.charges import Quantities
from undercut.serving.budgets import ahead
from undercut.serving.budgets.balances import balance_of
from undercut.serving.plans import KeyLimits
from undercut.serving.problems import ApiError
from undercut.serving.tables import reservations
from undercut.serving.till import Till

NEVER = 1e9
numbers = count()


@pytest.fixture(autouse=True)
def never_idle(monkeypatch):
    """Blocks are given back when they are asked for, not because time went by."""
    monkeypatch.setattr(ahead, "IDLE_SECONDS", NEVER)
    monkeypatch.setattr(ahead, "LOOK_SECONDS", 0.01)


@pytest.fixture
def shop(store, tmp_path):
    it = Shop(store, tmp_path)
    it.other = Till(it.database, PLANS, f"srv_other_{next(numbers)}", lambda: it.now[0])
    yield it
    it.other.close()
    it.close()


def let_in(till, key, used=ONE):
    return leave(till, key, f"req_{next(numbers)}", used)


def blocks_of(shop):
    with shop.database.connect() as db:
        rows = db.execute(sa.select(reservations)).all()
    return [r for r in rows if r.request_id.startswith("blk_")]


def test_memory_lets_in_after_the_store_was_asked_once(shop):
    key = shop.key(requests_total=2_000)
    first = let_in(shop.till, key)
    again = shop.till.at_once(key, "req_next", "tiny", ONE)
    assert again is not None and again.block == first.block == blocks_of(shop)[0].request_id
    assert (again.micro_usd, again.held) == (500, True)
    assert shop.till.at_once(key, "req_retried", "tiny", ONE, again=True) is None
    for ticket in (first, again):
        shop.answer(key, ticket)
    shop.meter.flush()
    held = blocks_of(shop)[0].requests
    assert shop.total(key)["requests"] == 2 + held  # used, and what lies ready
    assert shop.total(key)["tokens"] == 8  # has no limit, so nothing of it lies ready
    shop.till.close()
    assert shop.total(key)["requests"] == 2 and shop.open() == 0


def test_an_idle_block_of_another_server_refuses_nobody(shop):
    key = shop.key(requests_total=400)
    let_in(shop.other, key)
    assert blocks_of(shop)[0].requests > 1
    for _ in range(399):
        let_in(shop.till, key)
    with pytest.raises(ApiError, match="budget-spent"):
        let_in(shop.till, key)
    with pytest.raises(ApiError, match="budget-spent"):
        let_in(shop.other, key)


def test_the_block_of_a_server_that_died_is_not_waited_for_and_not_spent_twice(shop, monkeypatch):
    key = shop.key(requests_total=400)
    let_in(shop.other, key)
    monkeypatch.setattr(shop.other._ahead, "due", lambda: False)  # it says nothing any more
    monkeypatch.setattr(shop.other._ahead, "pause", lambda: None)
    held = blocks_of(shop)[0].requests
    shop.now[0] += timedelta(seconds=ahead.ALIVE_SECONDS + 1)
    for _ in range(400 - held):
        let_in(shop.till, key)
    with pytest.raises(ApiError, match="budget-spent"):
        let_in(shop.till, key)


def test_what_a_failing_request_drew_is_there_again(shop):
    key = shop.key(requests_total=2_000)
    for _ in range(40):
        shop.till.release(let_in(shop.till, key))
    shop.till.close()
    assert shop.total(key)["requests"] == 0 and shop.open() == 0


def test_a_month_that_ends_and_limits_that_change_start_another_block(shop):
    key = shop.key(requests_per_month=2_000)
    shop.answer(key, let_in(shop.till, key))
    shop.now[0] += timedelta(days=7)
    late = let_in(shop.till, key)
    shop.answer(key, late)
    november = balance_of(shop.database, key.id, f"{NOW:%Y-%m}")
    assert november["requests"] <= 1 + blocks_of(shop)[0].requests
    less = key.model_copy(update={"limits": KeyLimits(requests_per_month=3)})
    let_in(shop.till, less)
    let_in(shop.till, less)
    with pytest.raises(ApiError, match="budget-spent"):
        let_in(shop.till, less)


ACTS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from("aaaaf"), st.integers(1, 6)),
    min_size=40,
    max_size=100,
)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS, most=st.integers(300, 700))
def test_two_servers_let_in_what_the_budget_covers_and_refuse_only_what_it_does_not(
    sqlite_shop, acts, most
):
    shop = sqlite_shop
    key = shop.keys.create("k", plan="payg", limits=KeyLimits(tokens_total=most))[1]
    tills = [Till(shop.database, PLANS, f"srv_{next(numbers)}") for _ in range(2)]
    used = 0
    for which, act, tokens in acts * 3:
        asked = Quantities(requests=1, inputs=1, tokens=tokens)
        try:
            ticket = let_in(tills[which], key, asked)
        except ApiError as refused:
            assert refused.code == "budget-spent" and used + tokens > most
            continue
        assert used + tokens <= most
        if act == "f":
            tills[which].release(ticket)
            continue
        used += tokens
        shop.answer(key, ticket, asked)
    shop.meter.flush()
    for till in tills:
        till.close()
    balance = balance_of(shop.database, key.id, "total")
    assert balance["tokens"] == used and shop.open() == 0
    assert balance["micro_usd"] == sum(t.micro_usd for t in shop.meter.totals(key.id))


@pytest.fixture(scope="module")
def sqlite_shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    it = Shop(folder / "store.sqlite", folder)
    yield it
    it.close()


def test_a_line_of_the_journal_names_its_block_and_others_none(tmp_path):
    shop = Shop(tmp_path / "s.sqlite", tmp_path)
    key = shop.key(requests_total=2_000)
    ticket = let_in(shop.till, key)
    shop.answer(key, ticket)
    (path,) = (tmp_path / "journal").glob("*.jsonl")
    assert f'"block":"{ticket.block}"' in path.read_text() and MODEL in path.read_text()
    shop.close()
