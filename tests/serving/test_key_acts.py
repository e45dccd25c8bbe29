"""``undercut keys``, ``usage``, ``invoice`` and ``feedback`` as they are typed."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from undercut.cli.app import main
from undercut.core.errors import UndercutError
from undercut.core.specs_serving import (
    FeedbackSpec,
    InvoiceSpec,
    KeysSpec,
    StoreSpec,
    UsageSpec,
)
from undercut.ledger.book import Book
from undercut.serving.database import open_database
from undercut.serving.feedback import open_feedback
from undercut.serving.feedback_verb import feedback
from undercut.serving.invoice_verb import invoice
from undercut.serving.keys import keys_of
from undercut.serving.keys_verb import keys
from undercut.serving.meter import open_meter, subject_of
from undercut.serving.opening import open_store
from undercut.serving.usage_log import month_after
from undercut.serving.usage_verb import usage

PLANS = """
[plans.payg]
kind = "payg"
price = { usd_per_1k_inputs = "0.5", usd_per_1m_tokens = "0.1" }
[plans.team]
kind = "monthly"
usd_per_month = "49.000001"
included = { requests = 2 }
price = { usd_per_1k_requests = "0.4" }
"""
MODEL = "ab" * 32


@pytest.fixture
def place(tmp_path):
    (tmp_path / "plans.toml").write_text(PLANS, encoding="utf-8")
    return {"workspace": tmp_path / "ws", "plans": tmp_path / "plans.toml"}


def test_the_life_of_a_key(place, store):
    place = place | {"database": str(store), "pepper": place["workspace"] / "pepper"}
    made = keys(
        KeysSpec(
            action="create",
            key="甲公司",
            customer="cus_1",
            plan="payg",
            models=["tiny"],
            usd_total=5,
            **place,
        )
    )
    key = made.keys[0]
    spec = StoreSpec(**place)
    there = keys_of(open_store(spec), spec.pepper_file)
    assert there.verify(made.secret) == key and key.customer == "cus_1"
    again = keys(KeysSpec(action="rotate", key="甲公司", **place))
    assert again.keys[0].id == key.id and again.secret != made.secret
    assert there.verify(made.secret) is None and there.verify(again.secret).id == key.id
    limited = keys(KeysSpec(action="limit", key=key.id, requests_per_second=3, **place)).keys[0]
    assert (limited.limits.requests_per_second, limited.limits.usd_total) == (3, Decimal(5))
    limited = keys(KeysSpec(action="limit", key=key.id, unlimited=True, plan="team", **place))
    assert limited.keys[0].limits.usd_total is None and limited.keys[0].plan == "team"
    assert keys(KeysSpec(action="revoke", key=key.id, **place)).keys[0].revoked_at
    with pytest.raises(UndercutError):
        keys(KeysSpec(action="rotate", key=key.id, **place))
    trail = keys(KeysSpec(action="audit", **place)).acts
    assert [a.act for a in trail] == [
        "keys.create",
        "keys.rotate",
        "keys.limit",
        "keys.limit",
        "keys.revoke",
    ]
    assert all(a.subject == key.id and a.actor for a in trail)
    assert made.secret[11:] not in str(trail) and again.secret[11:] not in str(trail)


def test_what_keys_refuses(place):
    def refused(**given) -> UndercutError:
        with pytest.raises(UndercutError) as error:
            keys(KeysSpec(**given | place))
        return error.value

    assert refused(action="crate").code == "keys-action"
    assert refused(action="revoke").code == "keys-key"
    assert refused(action="list").code == "store-missing"
    assert not place["workspace"].exists()  # looking makes nothing
    assert "Did you mean 'payg'?" in str(refused(action="create", key="a", plan="pagy"))
    assert refused(action="create", key="a", unlimited=True).code == "keys-option"
    keys(KeysSpec(action="create", key="a", **place))
    keys(KeysSpec(action="create", key="a", **place))
    assert "of 2 keys" in str(refused(action="revoke", key="a"))
    assert refused(action="rotate", key="a", plan="payg").code == "keys-option"


def test_keys_on_the_command_line(place, capsys, monkeypatch):
    monkeypatch.chdir(place["plans"].parent)

    def typed(*words: str) -> str:
        with pytest.raises(SystemExit) as left:
            main(list(words))
        assert not left.value.code
        return capsys.readouterr().out

    made = typed("keys", "create", "acme", "--plan", "payg", "--plans", "plans.toml", "--json")
    told = json.loads(made)
    assert told["secret"].startswith("uc_") and told["keys"][0]["plan"] == "payg"
    shown = typed("keys")
    assert "acme" in shown and told["secret"] not in shown
    assert "keys.create" in typed("keys", "audit")
    assert "No answered requests" in typed("usage")
    assert "No corrections" in typed("feedback")


def billed(place) -> dict[str, str]:
    """A store with three customers' requests in November and December 2026."""
    made = {}
    for name, plan in (("甲", "payg"), ("=b", "team"), ("own", None)):
        made[name] = keys(KeysSpec(action="create", key=name, plan=plan, **place)).keys[0].id
    spec = StoreSpec(**place)
    database = open_database(spec.store)
    with database.begin() as db:
        db.exec_driver_sql("UPDATE api_keys SET created_at = '2026-11-03T00:00:00.000000Z'")
    book = Book(spec.ledger_file)
    book.record(subject_of(MODEL), "cpu_second", 100)
    meter = open_meter(database, spec.state / "journal", book)
    rows = [("甲", "payg", 501, "11-30T23:59:59.999999")] * 3
    rows += [("甲", "payg", 501, "12-01T00:00:00.000000"), ("own", None, None, "11-05T00:00:00.0")]
    rows += [("=b", "team", n, "11-06T00:00:00.000000") for n in (0, 0, 400)]
    for i, (name, plan, micro, at) in enumerate(rows):
        row = {
            "request_id": f"req_{i}",
            "key_id": made[name],
            "model": MODEL,
            "inputs": 1,
            "tokens": 10,
            "latency_ms": 1.0,
            "plan": plan,
            "micro_usd": micro,
            "at": f"2026-{at}Z",
        }
        meter._journal.append(row)
    meter._journal.close()  # as a kill leaves it: rows in the journal, none in the store
    database.dispose()
    return made


def test_invoices_agree_with_the_log_to_the_micro_dollar(place, tmp_path):
    billed(place)
    done = invoice(InvoiceSpec(month="2026-11", seller="卖家", **place))
    owed = {i.customer: i.total_micro_usd for i in done.invoices}
    assert owed == {"甲": 3 * 501, "=b": 49_000_001 + 400}
    assert [(n.key_name, n.requests) for n in done.not_billed] == [("own", 1)]
    log = tmp_path / "log.csv"
    usage(UsageSpec(month="2026-11", out=log, **place))
    with log.open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    for one in done.invoices:
        mine = [int(r["micro_usd"]) for r in rows if r["customer"] == one.customer]
        fee = sum(line.micro_usd for line in one.lines if line.what == "fee")
        assert sum(mine) + fee == one.total_micro_usd and len(mine) == one.requests
    by = {p.rpartition(".")[2]: p for p in done.files if "甲" in p}
    assert "0.001503" in (page := Path(by["html"]).read_text(encoding="utf-8")) and "卖家" in page
    assert json.loads(Path(by["json"]).read_text(encoding="utf-8"))["total_usd"] == "0.001503"
    with Path(by["csv"]).open(encoding="utf-8") as f:
        *lines, total = csv.reader(f)
    assert sum(Decimal(r[-1]) for r in lines[1:]) == Decimal(total[-1]) == Decimal("0.001503")
    formula = next(p for p in done.files if p.endswith(".csv") and "甲" not in p)
    assert "'=b" in Path(formula).read_text(encoding="utf-8")
    december = invoice(InvoiceSpec(month="2026-12", **place))
    assert {i.customer: i.total_micro_usd for i in december.invoices} == {
        "甲": 501,
        "=b": 49_000_001,
    }
    assert month_after("2026-12") == "2027-01"


def test_an_invoice_refuses_requests_without_a_charge(place):
    made = billed(place)
    usage(UsageSpec(**place))  # reads the journal
    database = open_database(StoreSpec(**place).store)
    with database.begin() as db:
        db.exec_driver_sql("UPDATE usage SET micro_usd = NULL WHERE request_id = 'req_0'")
    with pytest.raises(UndercutError) as error:
        invoice(InvoiceSpec(month="2026-11", **place))
    assert error.value.code == "usage-unpriced" and made["甲"] in str(error.value)
    assert not (place["workspace"] / "invoices").exists()
    with pytest.raises(UndercutError) as error:
        invoice(InvoiceSpec(month="2026-12", **place | {"plans": None}))
    assert error.value.code == "plan-lost"
    with pytest.raises(UndercutError) as error:
        invoice(InvoiceSpec(month="2026-12", customer="乙", **place))
    assert error.value.code == "invoice-customer"


def test_usage_tells_charge_cost_and_margin(place):
    made = billed(place)
    report = usage(UsageSpec(month="2026-11", usd_per_core_hour=3.6, **place))
    rows = {r.key_name: r for r in report.rows}
    share = Decimal("0.1") * 30 / 80  # 100 CPU-seconds; 30 of the 80 tokens ever served
    assert rows["甲"].charged_usd == Decimal("0.001503") and rows["甲"].cost_usd == share
    assert rows["甲"].margin_usd == Decimal("0.001503") - share
    assert rows["own"].charged_usd is None and rows["own"].margin_usd is None
    one = usage(UsageSpec(key="甲", **place))
    assert [r.key_id for r in one.rows] == [made["甲"]] and one.rows[0].requests == 4


def test_what_each_customer_pays_with_fees_against_what_they_cost(place):
    billed(place)
    report = usage(UsageSpec(month="2026-11", usd_per_core_hour=3.6, **place))
    found = {c.customer: c for c in report.customers}
    owed = {
        i.customer: i.total_micro_usd
        for i in invoice(InvoiceSpec(month="2026-11", **place)).invoices
    }
    for name, micro in owed.items():  # what the invoices say, to the micro-dollar
        one = found[name]
        assert (one.charged_usd + one.fees_usd) * 10**6 == micro
        assert one.margin_usd == one.charged_usd + one.fees_usd - one.cost_usd
    assert found["own"].charged_usd is None and found["own"].margin_usd is None
    for options in ({"month": None}, {"month": "2026-11", "plans": None}):  # fees are not known
        other = usage(UsageSpec(usd_per_core_hour=3.6, **place | options)).customers
        assert all(c.fees_usd is None and c.margin_usd is None for c in other)
    idle = usage(UsageSpec(month="2027-03", **place)).customers  # only the fee, and no request
    assert [(c.customer, c.requests, c.fees_usd) for c in idle] == [("=b", 0, Decimal("49.000001"))]


def test_events_for_billing_systems(place, tmp_path):
    billed(place)
    out = tmp_path / "events.jsonl"
    assert usage(UsageSpec(month="2026-11", out=out, form="cloudevents", **place)).lines == 7
    events = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    required = {"specversion", "id", "source", "type"}
    assert all(required <= set(e) and e["specversion"] == "1.0" for e in events)
    assert len({(e["source"], e["id"]) for e in events}) == 7
    assert events[-1]["data"]["customer"] == "甲" and events[-1]["data"]["micro_usd"] == 501
    report = usage(UsageSpec(month="2026-11", out=out, form="stripe", **place))
    events = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert report.lines == len(events) == 6 * 3  # not the request that is not for sale
    assert len({e["identifier"] for e in events}) == 18
    assert all(len(e["identifier"]) <= 100 for e in events)
    assert all(e["payload"]["value"].isdecimal() for e in events)
    assert {e["payload"]["stripe_customer_id"] for e in events} == {"甲", "=b"}


def test_feedback_becomes_a_data_set_and_leaves_with_its_customer(place, tmp_path, monkeypatch):
    made = billed(place)
    database = open_database(StoreSpec(**place).store)
    store = open_feedback(database)
    store.add("req_0", made["甲"], 0, "old", text="我的卡在哪里")
    store.add("req_0", made["甲"], 0, "card_arrival", text="我的卡在哪里")
    store.add("req_5", made["=b"], 0, "refund")
    out = tmp_path / "set.csv"
    assert feedback(FeedbackSpec(action="export", out=out, **place)).count == 1
    assert out.read_text(encoding="utf-8") == "text,label\n我的卡在哪里,card_arrival\n"
    with pytest.raises(UndercutError) as error:
        feedback(FeedbackSpec(action="export", out=out, customer="=b", **place))
    assert error.value.code == "feedback-texts"
    for wrong in ({"action": "export"}, {"action": "delete"}, {"action": "delet"}):
        with pytest.raises(UndercutError):
            feedback(FeedbackSpec(**wrong, **place))
    assert feedback(FeedbackSpec(action="delete", customer="甲", **place)).count == 2
    left = feedback(FeedbackSpec(**place))
    assert [f.target for f in left.rows] == ["refund"]
    raw = b"".join(p.read_bytes() for p in place["workspace"].rglob("serving.sqlite*"))
    assert "我的卡".encode() not in raw
    trail = keys(KeysSpec(action="audit", **place)).acts
    assert [a.act for a in trail[-2:]] == ["feedback.export", "feedback.delete"]
