"""``undercut.Client`` against a real server, and its manners against scripted ones."""

from __future__ import annotations

import asyncio
import base64
import json

import httpx
import numpy as np
import pytest

import undercut
from undercut.core.errors import UndercutError


def test_it_asks_a_real_server(live):
    with undercut.Client(live.url, live.key) as client:
        found = client.predict(["我的退款在哪里", "a" * 1_500, "lost"], top="all")
        answer = client.ask(["where is my card"])
        receipt = client.feedback(answer.request_id, "退款")
    assert [p.truncated for p in found] == [False, True, False]
    for p in found:
        assert set(p.probabilities) == {"退款", "card_arrival", "lost_card"}
        assert sum(p.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert p.probability == max(p.probabilities.values())
    assert len(answer.version) == 64
    assert receipt.known_label


def test_ten_thousand_inputs_in_order(live):
    texts = [f"{'x' * (i % 900)} {i}" for i in range(10_000)]
    with undercut.Client(live.url, live.key) as client:
        found = client.predict(texts)
        again = client.predict(texts[5_000:5_003])
    assert len(found) == 10_000
    for one, other in zip(found[5_000:5_003], again, strict=True):
        assert one.label == other.label
        assert one.probability == pytest.approx(other.probability, abs=2e-6)


def test_the_async_client_asks_the_same(live):
    texts = ["我的退款在哪里", "lost", "where is my card"]

    async def go():
        async with undercut.AsyncClient(live.url, live.key) as client:
            found, listed = await asyncio.gather(client.predict(texts, "all"), client.models())
            answer = await client.ask(texts[:1], model=listed[0].version)
            receipt = await client.feedback(answer.request_id, "退款", text=texts[0])
            with pytest.raises(UndercutError) as refused:
                await client.embeddings(texts)
            return found, listed, receipt, await client.usage(), refused.value

    with undercut.Client(live.url, live.key) as client:
        before = sum(u.requests for u in client.usage())
        expected, listed = client.predict(texts, "all"), client.models()
    found, models, receipt, used, refused = asyncio.run(go())
    assert [p.label for p in found] == [p.label for p in expected]
    assert models == listed and models[0].labels == ("退款", "card_arrival", "lost_card")
    assert receipt.known_label
    assert sum(u.requests for u in used) == before + 3
    assert refused.code == "vector-none" and "dummy" in str(refused)


def test_vectors_come_in_order_and_in_chunks():
    sizes = []

    def scripted(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        sizes.append(len(body["input"]))
        rows = [np.array([len(text), 0.5], "<f4").tobytes() for text in body["input"]]
        data = [{"index": i, "embedding": base64.b64encode(r).decode()} for i, r in enumerate(rows)]
        return httpx.Response(200, json={"data": data[::-1]})

    texts = ["x" * n for n in range(1, 101)]
    with undercut.Client("http://x", transport=httpx.MockTransport(scripted)) as client:
        found = client.embeddings(texts, "m")
        assert client.embeddings([], "m").shape == (0, 0)
    assert found.dtype == np.float32 and found[:, 0].tolist() == list(range(1, 101))
    assert sizes == [64, 36]


def test_the_async_client_waits_and_gives_up_alike():
    answers = [httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(503)]
    answers += [httpx.Response(429, headers={"x-should-retry": "false"})]
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def go(url, transport=None):
        async with undercut.AsyncClient(url, retries=4, transport=transport, sleep=sleep) as client:
            await client.predict(["a"])

    with pytest.raises(UndercutError) as refused:
        asyncio.run(go("http://x", httpx.MockTransport(lambda _: answers.pop(0))))
    assert refused.value.code == "http" and "429" in str(refused.value)
    assert 7 <= pauses[0] <= 10.5 and 0.5 <= pauses[1] <= 0.75 and not pauses[2:]
    with pytest.raises(UndercutError) as away:
        asyncio.run(go("http://127.0.0.1:1"))
    assert away.value.code == "server-unreachable" and len(pauses) == 6


def test_a_refusal_says_what_the_server_said(live):
    with undercut.Client(live.url, "uc_wrong") as client, pytest.raises(UndercutError) as error:
        client.predict(["a"])
    assert error.value.code == "key-refused" and "401" in str(error.value)
    with undercut.Client(live.url, live.key) as client, pytest.raises(UndercutError) as error:
        client.predict(["ok", "a\0b"])
    assert error.value.code == "inputs-invalid" and "inputs[1]" in str(error.value)


def test_no_server(tmp_path):
    pauses: list[float] = []
    client = undercut.Client("http://127.0.0.1:1", retries=2, sleep=pauses.append)
    with pytest.raises(UndercutError) as error:
        client.predict(["a"])
    assert error.value.code == "server-unreachable" and "undercut serve" in str(error.value)
    assert len(pauses) == 2


def test_it_waits_as_long_as_it_is_told():
    answers = [httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(503)]
    pauses: list[float] = []

    def scripted(_: httpx.Request) -> httpx.Response:
        if answers:
            return answers.pop(0)
        row = {"label": "a", "probability": 1, "probabilities": {"a": 1}, "truncated": False}
        body = {"request_id": "r", "model": "m", "version": "v", "predictions": [row]}
        return httpx.Response(200, json=body | {"usage": {"inputs": 1, "tokens": 1}})

    transport = httpx.MockTransport(scripted)
    client = undercut.Client("http://x", transport=transport, sleep=pauses.append)
    assert client.predict(["a"])[0].label == "a"
    assert 7 <= pauses[0] <= 10.5 and 0.5 <= pauses[1] <= 0.75


def test_answers_that_are_not_undercuts():
    for response in (httpx.Response(502, text="<html>"), httpx.Response(200, text="hello")):
        transport = httpx.MockTransport(lambda _, r=response: r)
        with pytest.raises(UndercutError) as error:
            undercut.Client("http://x", transport=transport).ask(["a"])
        assert error.value.code == "http"


def test_one_string_is_not_a_list():
    with pytest.raises(UndercutError, match="list"):
        undercut.Client("http://x").predict("a text")
