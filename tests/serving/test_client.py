"""``undercut.Client`` against a real server, and its manners against scripted ones."""

from __future__ import annotations

import httpx
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
