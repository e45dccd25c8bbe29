"""Keys, plans and budgets as a caller of the HTTP API meets them."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import httpx

from serving.inside import MODEL, inside, problem, until
from serving.stand_ins import Echo, Gate
from undercut.economics.charges import Price
from undercut.serving.audit import acts
from undercut.serving.key_record import ORDINARY
from undercut.serving.plans import KeyLimits, Plan
from undercut.serving.schemas import ModelInfo

PLANS = {"payg": Plan(kind="payg", price=Price(usd_per_1k_inputs="0.5"))}
OTHER = ModelInfo(name="other", version="cd" * 32, labels=("x",))


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def test_unknown_expired_and_revoked_keys_are_told_apart_by_nobody(tmp_path, monkeypatch):
    async def go():
        async with inside(tmp_path) as it:
            now = [datetime.now(UTC)]
            it.keys._clock = lambda: now[0]
            expired, _ = it.keys.create("e", expires_at=now[0] + timedelta(seconds=9))
            revoked, key = it.keys.create("r")
            it.keys.revoke(key.id)
            now[0] += timedelta(seconds=9)
            calls = []
            real = it.keys.verify
            monkeypatch.setattr(it.keys, "verify", lambda s: calls.append(s) or real(s))
            found = []
            for secret in ("uc_" + "x" * 43, expired, revoked):
                for path in ("/v1/predict", "/v1/usage", "/metrics"):
                    ask = it.http.post if path == "/v1/predict" else it.http.get
                    found.append(await ask(path, headers=bearer(secret)))
            return found, calls

    found, calls = asyncio.run(go())
    for response in found:
        problem(response, 401, "key-refused")
    assert len({r.content for r in found}) == 1  # the id of the request is in a header only
    own = {"x-request-id"}
    assert len({tuple((k, v) for k, v in r.headers.items() if k not in own) for r in found}) == 1
    assert len(calls) == 9  # the same way for each: looked up, compared, refused


def test_a_key_for_one_model_reaches_no_other(tmp_path):
    async def go():
        async with inside(tmp_path, more=[(Echo(), OTHER)]) as it:
            secret, _ = it.keys.create("o", models=["other"])
            gone, _ = it.keys.create("g", models=["not-here"])
            head = bearer(secret)
            body = {"inputs": "a"}
            own = [
                await it.http.post("/v1/predict", json=body | named, headers=head)
                for named in ({}, {"model": "other"}, {"model": OTHER.version})
            ]
            refused = [
                await it.http.post("/v1/predict", json=body | {"model": name}, headers=head)
                for name in ("tiny", MODEL.version, "no-such-model")
            ]
            listed = (await it.http.get("/v1/models", headers=head)).json()
            nothing = await it.http.post("/v1/predict", json=body, headers=bearer(gone))
            return own, refused, listed, nothing

    own, refused, listed, nothing = asyncio.run(go())
    assert [r.json()["model"] for r in own] == ["other"] * 3
    told = {problem(r, 422, "model-unknown")["detail"].split(";")[0] for r in refused}
    assert told == {"expected the model 'other'"}
    assert [m["name"] for m in listed["models"]] == ["other"]
    problem(nothing, 422, "model-unknown")


def test_admin_routes_refuse_ordinary_keys(tmp_path):
    async def go():
        async with inside(tmp_path) as it:  # its own key has every scope
            secret, key = it.keys.create("p", ORDINARY)
            ways = (("GET", "/v1/admin/keys"), ("POST", f"/v1/admin/keys/{key.id}/revoke"))
            refused = [await it.http.request(*way, headers=bearer(secret)) for way in ways]
            listed, ended = [await it.http.request(*way) for way in ways]
            after = await it.http.get("/v1/usage", headers=bearer(secret))
            nobody = await it.http.post("/v1/admin/keys/key_0/revoke")
            last = acts(it.database)[-1]
            return refused, listed, ended, after, nobody, last, it.keys.list()[0].id

    refused, listed, ended, after, nobody, last, admin = asyncio.run(go())
    for response in refused:
        problem(response, 403, "key-scope")
    assert [k["name"] for k in listed.json()["keys"]] == ["first", "p"]
    assert "digest" not in listed.text
    assert ended.json()["revoked_at"] and after.status_code == 401
    problem(nobody, 404, "key-unknown")
    assert (last.act, last.actor) == ("keys.revoke", admin)


def test_without_keys_there_is_no_administrator(tmp_path):
    async def go():
        async with inside(tmp_path, keyed=False) as it:
            return await it.http.get("/v1/admin/keys")

    problem(asyncio.run(go()), 404, "not-found")


def test_a_budget_covers_so_many_and_failures_cost_nothing(tmp_path):
    class Fails(Echo):
        def predict(self, inputs):
            if "fail" in inputs:
                raise RuntimeError("secret text")
            return super().predict(inputs)

    async def go():
        async with inside(tmp_path, Fails(), plans=PLANS) as it:
            limits = KeyLimits(usd_total="0.002")  # four texts
            secret, key = it.keys.create("b", plan="payg", limits=limits)
            head = bearer(secret)

            async def ask(inputs) -> httpx.Response:
                return await it.http.post("/v1/predict", json={"inputs": inputs}, headers=head)

            failed = [await ask("fail") for _ in range(6)]
            several = await ask(["a", "b", "c"])
            large = await ask(["a", "b"])
            last = await ask("d")
            spent = await ask("e")
            usage = (await it.http.get("/v1/usage", headers=head)).json()["usage"]
            return failed, several, large, last, spent, usage

    failed, several, large, last, spent, usage = asyncio.run(go())
    for response in failed:
        problem(response, 500, "model-failed")
    assert several.status_code == last.status_code == 200
    assert "500 are left; it needs 1000" in problem(large, 402, "budget-spent")["detail"]
    problem(spent, 402, "budget-spent")
    assert [(u["requests"], u["inputs"], u["micro_usd"]) for u in usage] == [(2, 4, 2000)]


def test_a_caller_who_hangs_up_pays_nothing(tmp_path):
    async def go():
        model = Gate()
        async with inside(tmp_path, model, plans=PLANS) as it:
            secret, key = it.keys.create("b", plan="payg", limits=KeyLimits(usd_total="0.0005"))
            head = bearer(secret)
            body = {"inputs": "a"}
            waiting = asyncio.create_task(it.http.post("/v1/predict", json=body, headers=head))
            await until(model.entered.is_set)
            refused = await it.http.post("/v1/predict", json=body, headers=head)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            model.go.set()

            async def again() -> httpx.Response:
                for _ in range(200):
                    r = await it.http.post("/v1/predict", json=body, headers=head)
                    if r.status_code != 402:
                        return r
                    await asyncio.sleep(0.01)
                return r

            return refused, await again(), it.meter.totals(key.id)

    refused, answer, totals = asyncio.run(go())
    problem(refused, 402, "budget-spent")
    assert answer.status_code == 200 and totals[0].requests == 1


def test_an_idempotency_key_is_billed_once(tmp_path):
    async def go():
        async with inside(tmp_path, plans=PLANS) as it:
            secret, key = it.keys.create("i", plan="payg", limits=KeyLimits(requests_total=2))

            async def ask(text: str, word: str) -> httpx.Response:
                head = bearer(secret) | {"idempotency-key": word}
                return await it.http.post("/v1/predict", json={"inputs": text}, headers=head)

            same = [await ask("a", "w1") for _ in range(3)]
            it.meter.flush()
            same.append(await ask("a", "w1"))
            other = await ask("b", "w1")  # another body: another request, billed
            spent = await ask("a", "w2")
            wrong = await ask("a", "")
            return same, other, spent, wrong, it.meter.totals(key.id)

    same, other, spent, wrong, totals = asyncio.run(go())
    assert {r.status_code for r in same} == {200} and len({r.content for r in same}) == 1
    assert same[0].headers["x-request-id"] == same[0].json()["request_id"]
    assert other.json()["request_id"] != same[0].json()["request_id"]
    problem(spent, 402, "budget-spent")
    problem(wrong, 422, "idempotency-key")
    assert [(t.requests, t.micro_usd) for t in totals] == [(2, 1000)]


def test_logs_hold_neither_texts_nor_keys(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)

    async def go():
        async with inside(tmp_path, plans=PLANS) as it:
            secret, _ = it.keys.create("l", plan="payg", limits=KeyLimits(requests_total=1))
            head = bearer(secret)
            for _ in range(2):
                r = await it.http.post("/v1/predict", json={"inputs": "我的秘密"}, headers=head)
            return secret, r

    secret, last = asyncio.run(go())
    problem(last, 402, "budget-spent")
    assert "我的秘密" not in caplog.text and secret not in caplog.text


def test_an_answer_says_what_it_was_charged(tmp_path):
    async def go():
        async with inside(tmp_path, plans=PLANS) as it:
            sold, _ = it.keys.create("sold", plan="payg")
            found = [
                await it.http.post("/v1/predict", json=body, headers=bearer(secret))
                for body, secret in (
                    ({"inputs": "a"}, sold),
                    ({"inputs": 3}, sold),
                    ({"inputs": "a"}, it.secret),
                )
            ]
            return found, it.meter.totals()

    (paid, refused, free), totals = asyncio.run(go())
    charges = [t.micro_usd for t in totals if t.micro_usd is not None]
    assert [int(paid.headers["x-undercut-micro-usd"])] == charges and charges[0] > 0
    assert refused.status_code == 422 and "x-undercut-micro-usd" not in refused.headers
    assert free.status_code == 200 and "x-undercut-micro-usd" not in free.headers
