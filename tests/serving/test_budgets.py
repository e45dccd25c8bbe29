"""Budgets hold: exact over threads and processes, given back on failure, settled after a crash."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from serving.leave import leave
from serving.till_process import MODEL, PLANS
from undercut.economics.charges import Price, Quantities
from undercut.ledger.book import Book
from undercut.serving.budgets.balances import balance_of
from undercut.serving.database import open_database
from undercut.serving.database import writing as real
from undercut.serving.keys import keys_of
from undercut.serving.meter import open_meter
from undercut.serving.plans import KeyLimits, Plan
from undercut.serving.problems import ApiError
from undercut.serving.tables import reservations
from undercut.serving.till import Till

ONE = Quantities(requests=1, inputs=1, tokens=4)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Shop(SimpleNamespace):
    """A store with a till and a meter; ``now`` is its clock."""

    def __init__(self, store, folder: Path, plans=PLANS) -> None:
        now = [NOW]
        database = open_database(store)
        super().__init__(database=database, now=now, folder=folder)
        self.keys = keys_of(database, folder / "pepper", plans)
        self.meter = open_meter(database, folder / "journal", Book(folder / "ledger.sqlite"))
        self.till = Till(database, plans, self.meter.server, lambda: now[0])
        self.seen = 0

    def key(self, plan="payg", **limits):
        return self.keys.create("k", plan=plan, limits=KeyLimits(**limits))[1]

    def ask(self, key, used=ONE, request_id="", again=False):
        self.seen += 1
        name = request_id or f"req_{self.seen}"
        return leave(self.till, key, name, used, again=again)

    def answer(self, key, ticket, used=ONE):
        self.meter.record(
            request_id=ticket.request_id,
            key_id=key.id,
            model=MODEL,
            inputs=used.inputs,
            tokens=used.tokens,
            latency_ms=1.0,
            plan=ticket.plan,
            micro_usd=ticket.micro_usd,
            block=ticket.block,
        )

    def refused(self, key, used=ONE):
        with pytest.raises(ApiError) as error:
            self.ask(key, used)
        return error.value

    def total(self, key) -> dict[str, int]:
        return balance_of(self.database, key.id, "total")

    def open(self) -> int:
        with self.database.connect() as db:
            return db.execute(sa.select(sa.func.count()).select_from(reservations)).scalar()

    def close(self) -> None:
        self.meter.close()
        self.till.close()


def processes(shop: Shop, store, secret: str, **environment) -> list[dict[str, int]]:
    """Spend a key from two processes at once; return what each let in and refused."""
    import os

    command = [sys.executable, "-m", "serving.till_process", str(store), str(shop.folder), secret]
    started = [
        subprocess.Popen(
            [*command, "12", "8"], stdout=subprocess.PIPE, text=True, env=os.environ | environment
        )
        for _ in range(2)
    ]
    return [json.loads(p.communicate(timeout=300)[0]) for p in started]


def test_two_processes_let_in_exactly_what_the_budget_covers(store, tmp_path):
    shop = Shop(store, tmp_path)
    price, most = 500, 60  # micro-dollars a request; 2 x 8 x 12 requests want in
    secret, key = shop.keys.create(
        "k", plan="payg", limits=KeyLimits(usd_total=f"{price * most / 1e6:.6f}")
    )
    found = processes(shop, store, secret)
    assert sum(f.get("answered", 0) for f in found) == most
    assert all(set(f) <= {"answered", "failed", "budget-spent"} for f in found)
    assert sum(f.get("budget-spent", 0) for f in found) > 0
    (total,) = shop.meter.totals(key.id)
    assert (total.requests, total.micro_usd) == (most, most * price)
    assert shop.total(key)["micro_usd"] == most * price and shop.open() == 0
    shop.close()


def test_a_crash_settles_what_was_answered_and_releases_the_rest(store, tmp_path):
    shop = Shop(store, tmp_path)
    secret, key = shop.keys.create("k", plan="payg", limits=KeyLimits(requests_total=1000))
    found = processes(shop, store, secret, DIE="1")
    answered = sum(f["answered"] for f in found)
    assert shop.open() >= 2  # "lost", and what lies in the journals of the dead
    for state in [p for p in tmp_path.iterdir() if p.name.isdecimal()]:
        for _ in range(2):  # a second start changes nothing
            meter = open_meter(shop.database, state / "journal", Book(state / "ledger.sqlite"))
            Till(shop.database, PLANS, meter.server).close()
            meter.close()
    assert shop.meter.totals(key.id)[0].requests == answered
    assert shop.total(key) | {} == {
        "requests": answered,
        "inputs": 2 * answered,
        "tokens": 7 * answered,
        "micro_usd": 500 * answered,
        "free_requests": 0,
        "free_inputs": 0,
        "free_tokens": 0,
    }
    assert shop.open() == 0
    shop.close()


def test_each_limit_in_its_period(store, tmp_path):
    shop = Shop(store, tmp_path)
    second = shop.key(requests_per_second=2)
    for _ in range(2):
        shop.ask(second)
    error = shop.refused(second)
    assert (error.status, error.code, error.retry_after) == (429, "rate-limit", 1)
    shop.now[0] += timedelta(seconds=1)
    shop.ask(second)
    month = shop.key(requests_per_month=1)
    shop.ask(month)
    error = shop.refused(month)
    assert (error.status, error.code) == (402, "budget-spent") and "2026-11" in error.message
    shop.now[0] += timedelta(days=7)  # December
    shop.ask(month)
    tokens = shop.key(tokens_total=7)
    shop.ask(tokens)
    assert "7 tokens, of which 3 are left; it needs 4" in shop.refused(tokens).message
    money = shop.key(usd_per_month="0.000999")
    shop.ask(money)
    assert "micro-dollars" in shop.refused(money).message
    shop.close()


def test_a_refusal_takes_nothing(store, tmp_path):
    shop = Shop(store, tmp_path)
    key = shop.key(requests_per_month=5, tokens_total=6)
    shop.ask(key)
    before = balance_of(shop.database, key.id, "2026-11")
    shop.refused(key)
    assert balance_of(shop.database, key.id, "2026-11") == before
    assert shop.total(key)["tokens"] == 4 and shop.open() == 1
    shop.close()


def test_what_has_no_price_is_refused_and_never_free(tmp_path):
    plans = {"one": Plan(kind="custom", models={"other": Price(usd_per_1k_inputs=1)})}
    shop = Shop(tmp_path / "s.sqlite", tmp_path, plans)
    assert shop.refused(shop.key("one")).code == "price-unknown"
    assert shop.refused(shop.key(None, usd_total=1)).code == "price-unknown"
    gone = shop.key("one").model_copy(update={"plan": "gone"})
    assert shop.refused(gone).code == "price-unknown"
    free = shop.ask(shop.key(None))
    assert free.micro_usd is None and not free.held  # not for sale is not the same as 0
    shop.close()


def test_a_trial_ends_by_quota_and_by_date(tmp_path):
    trial = Plan(kind="trial", days=14, limits=KeyLimits(requests_total=2))
    shop = Shop(tmp_path / "s.sqlite", tmp_path, {"trial": trial})
    key = shop.key("trial").model_copy(update={"created_at": "2026-11-20T00:00:00.000000Z"})
    assert [shop.ask(key).micro_usd for _ in range(2)] == [0, 0]
    assert shop.refused(key).code == "budget-spent"
    shop.now[0] += timedelta(days=10)
    assert (shop.refused(key).status, shop.refused(key).code) == (402, "plan-ended")
    shop.close()


def test_included_volume_comes_first_and_a_failed_request_gives_its_part_back(store, tmp_path):
    monthly = Plan(
        kind="monthly",
        usd_per_month=49,
        included=Quantities(requests=2),
        price=Price(usd_per_1k_requests="0.4"),
    )
    shop = Shop(store, tmp_path, {"team": monthly})
    key = shop.key("team")
    first, second, third = (shop.ask(key) for _ in range(3))
    assert [t.micro_usd for t in (first, second, third)] == [0, 0, 400]
    shop.till.release(first)
    assert shop.ask(key).micro_usd == 0
    assert shop.ask(key).micro_usd == 400
    shop.answer(key, second)
    shop.answer(key, third)
    assert shop.meter.totals(key.id)[0].micro_usd == 400
    shop.now[0] += timedelta(days=7)
    assert shop.ask(key).micro_usd == 0  # a new month
    shop.close()


def test_one_id_is_held_once_and_billed_once(store, tmp_path):
    shop = Shop(store, tmp_path)
    key = shop.key(requests_total=1)
    first = shop.ask(key, request_id="req_same", again=True)
    second = shop.ask(key, request_id="req_same", again=True)  # sent twice at once
    assert (second.micro_usd, second.held) == (500, True)
    shop.till.release(first)  # one of the two hung up: the other one still holds
    assert shop.refused(key).code == "budget-spent"
    shop.answer(key, second)
    shop.meter.flush()
    third = shop.ask(key, request_id="req_same", again=True)  # the answer was lost on its way
    assert (third.micro_usd, third.held) == (500, False)
    shop.answer(key, third)
    assert shop.meter.totals(key.id)[0].requests == 1
    assert shop.total(key)["requests"] == 1 and shop.open() == 0
    shop.close()


def test_a_store_that_fails_lets_nothing_in_and_forgets_no_release(tmp_path, monkeypatch):
    shop = Shop(tmp_path / "s.sqlite", tmp_path)
    key = shop.key(requests_total=1)
    ticket = shop.ask(key)
    failing = [True]

    def writing(engine):
        if failing[0]:
            raise sa.exc.OperationalError("update", {}, Exception("gone"))
        return real(engine)

    monkeypatch.setattr("undercut.serving.till.writing", writing)
    monkeypatch.setattr("undercut.serving.till.RETRY_SECONDS", 0.01)
    with pytest.raises(sa.exc.OperationalError):
        shop.ask(key)
    shop.till.release(ticket)
    with pytest.raises(sa.exc.OperationalError):
        shop.ask(key)
    failing[0] = False
    assert shop.ask(key).held
    shop.close()


def test_a_postgresql_that_drops_every_connection_loses_nothing(new_postgresql, tmp_path):
    store = new_postgresql()
    shop = Shop(store, tmp_path)
    key = shop.key(requests_total=20)
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    other = open_database(store)
    answered = failed = 0
    while answered < 20:
        with other.connect() as db:
            db.exec_driver_sql(cut)
        try:
            ticket = shop.ask(key)
        except sa.exc.SQLAlchemyError:
            failed += 1
            assert failed < 20
            continue
        shop.answer(key, ticket)
        answered += 1
        with other.connect() as db:
            db.exec_driver_sql(cut)
        shop.meter._try_flush()
    assert shop.refused(key).code == "budget-spent"
    assert shop.meter.totals(key.id)[0].requests == shop.total(key)["requests"] == 20
    assert shop.open() == 0
    shop.close()
