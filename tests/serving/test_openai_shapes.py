"""What OpenAI's routes refuse and how they say it; what is billed on them."""

from __future__ import annotations

import asyncio
import json
import math

import numpy as np
import pytest

from serving.inside import JSON, inside, until
from serving.stand_ins import Echo, Gate
from undercut.core import plugins
from undercut.core.types import Prediction
from undercut.economics.charges import Price
from undercut.serving.plans import KeyLimits, Plan

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
USER = {"role": "user", "content": "a text"}
BODY = {"model": "tiny", "messages": [USER]}


class Vectors(Echo):
    """An ``Echo`` with a vector of two numbers."""

    embeds = True

    def embed_told(self, inputs):
        return np.array([[0.6, 0.8]] * len(inputs), np.float32), ["cut" in x for x in inputs]


REFUSED = [
    ({"n": 2}, 400, "n"),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, 400, "tools"),
    ({"tool_choice": "required"}, 400, "tool_choice"),
    ({"functions": [{"name": "f"}]}, 400, "functions"),
    ({"response_format": {"type": "json_object"}}, 400, "response_format"),
    ({"response_format": {"type": "json_schema", "json_schema": {}}}, 400, "response_format"),
    ({"modalities": ["text", "audio"]}, 400, "modalities"),
    ({"stop": ["\n"]}, 400, "stop"),
    ({"logit_bias": {"50256": -100}}, 400, "logit_bias"),
    ({"store": True}, 400, "store"),
    ({"stream": "yes"}, 400, "stream"),
    ({"top_logprobs": 21, "logprobs": True}, 400, "top_logprobs"),
    ({"top_logprobs": 2}, 400, "top_logprobs"),
    ({"temprature": 0}, 400, "temprature"),
    ({"model": None}, 400, "model"),
    ({"model": "gpt"}, 404, "model"),
    ({"messages": []}, 400, "messages"),
    ({"messages": "a text"}, 400, "messages"),
    ({"messages": [{"role": "king", "content": "a"}]}, 400, "messages"),
    ({"messages": [{"role": "system", "content": "a"}]}, 400, "messages"),
    ({"messages": [{"role": "user", "content": " "}]}, 400, "messages"),
    ({"messages": [{"role": "user", "content": []}]}, 400, "messages"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        400,
        "messages[0].content[0]",
    ),
]
CHANGES_NOTHING = {
    "temperature": 0.3,
    "top_p": 1,
    "max_tokens": 1,
    "n": 1,
    "tools": [],
    "tool_choice": "none",
    "stop": None,
    "response_format": {"type": "text"},
    "reasoning_effort": "low",
    "metadata": {"a": "b"},
    "store": False,
}


def refusal(response, status, code=None):
    """Check that a response is an error in OpenAI's shape, and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    (error,) = response.json().values()
    assert set(error) == {"message", "type", "param", "code"} and error["message"]
    assert code in (None, error["code"])
    return error


def test_what_is_not_supported_is_named_and_not_billed(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            found = [await it.http.post(CHAT, json=BODY | more) for more, *_ in REFUSED]
            odd = [
                await it.http.post(path, content=content, headers=JSON)
                for path in (CHAT, EMBEDDINGS)
                for content in (b"{bad", b"[]", b"\xff", b'{"model": "\\ud800"}')
            ]
            kind = await it.http.post(CHAT, content=b"{}")
            return found, odd, kind, await it.http.get(CHAT), it.meter.totals()

    found, odd, kind, method, totals = asyncio.run(go())
    for response, (_, status, param) in zip(found, REFUSED, strict=True):
        assert refusal(response, status)["param"] == param
    for response in odd:
        assert refusal(response, 400)["type"] == "invalid_request_error"
    refusal(kind, 415, "content-type")
    refusal(method, 405, "method")
    assert totals == []


def test_all_mistakes_of_a_body_at_once(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            return await it.http.post(CHAT, json=BODY | {"n": 3, "tools": [1], "audio": {}})

    message = refusal(asyncio.run(go()), 400)["message"]
    assert all(name in message for name in ("expected n: 1", "expected tools", "expected audio"))


def test_what_changes_nothing_is_accepted_and_parts_are_joined(tmp_path):
    parts = [{"type": "text", "text": "我的"}, {"type": "text", "text": "退款"}]
    talk = [USER, {"role": "assistant", "content": None}, {"role": "user", "content": parts}]

    async def go():
        async with inside(tmp_path, keyed=False) as it:
            return await it.http.post(
                CHAT, json={"model": "tiny", "messages": talk} | CHANGES_NOTHING
            )

    choice = asyncio.run(go()).json()["choices"][0]
    assert choice["message"]["content"] == "我的\n退款"


def test_tokens_read_are_billed_once_whole_or_streamed(tmp_path):
    plans = {"payg": Plan(kind="payg", price=Price(usd_per_1m_tokens="1"))}

    async def go():
        async with inside(tmp_path, Vectors(), plans=plans) as it:
            secret, key = it.keys.create("k", plan="payg")
            head = {"authorization": f"Bearer {secret}"}
            told = []
            for path, body in (
                (CHAT, BODY),
                (CHAT, BODY | {"stream": True, "stream_options": {"include_usage": True}}),
                (EMBEDDINGS, {"model": "tiny", "input": ["a text", "b"]}),
            ):
                answer = await it.http.post(path, json=body, headers=head)
                line = answer.text.removesuffix("\n\ndata: [DONE]\n\n").rpartition("data: ")[2]
                told.append(json.loads(line)["usage"]["total_tokens"])
                assert answer.status_code == 200
            repeat = head | {"idempotency-key": "one"}
            for _ in range(2):
                await it.http.post(CHAT, json=BODY, headers=repeat)
            return told, it.meter.totals(key.id)

    told, (total,) = asyncio.run(go())
    assert told == [2, 2, 3]
    assert (total.requests, total.inputs, total.tokens) == (4, 5, 9)
    assert total.micro_usd == 9


def test_a_spent_budget_is_an_insufficient_quota_not_to_be_tried_again(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            secret, key = it.keys.create("k", limits=KeyLimits(requests_total=1))
            head = {"authorization": f"Bearer {secret}"}
            return [await it.http.post(CHAT, json=BODY, headers=head) for _ in range(2)]

    first, second = asyncio.run(go())
    assert first.status_code == 200
    assert refusal(second, 429, "insufficient_quota")["type"] == "insufficient_quota"
    assert second.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("stream", [False, True])
def test_a_caller_who_hangs_up_before_the_answer_is_not_billed(tmp_path, stream):
    async def go():
        model = Gate()
        async with inside(tmp_path, model, batch_inputs=1) as it:
            secret, key = it.keys.create("k", limits=KeyLimits(requests_total=1))
            head = {"authorization": f"Bearer {secret}"}
            first = asyncio.create_task(it.ask("first"))
            await asyncio.to_thread(model.entered.wait, 5)
            gone = asyncio.create_task(
                it.http.post(CHAT, json=BODY | {"stream": stream}, headers=head)
            )

            async def waiting(n):
                while f"undercut_queue_inputs {n}\n" not in (await it.http.get("/metrics")).text:
                    await asyncio.sleep(0)

            await waiting(1)
            gone.cancel()
            await waiting(0)
            model.go.set()
            await first
            billed = it.meter.totals(key.id)
            again = await it.http.post(CHAT, json=BODY, headers=head)
            return billed, again, model.batches

    billed, again, batches = asyncio.run(asyncio.wait_for(go(), 20))
    assert billed == []
    assert again.status_code == 200  # what was held for the one who left was given back
    assert batches == [["first"], ["a text"]]


def test_a_door_that_is_full_speaks_their_language(tmp_path):
    async def go():
        model = Gate()
        async with inside(tmp_path, model, requests_in_flight=1) as it:
            first = asyncio.create_task(it.ask("first"))
            await until(model.entered.is_set)
            refused = await it.http.post(CHAT, json=BODY)
            model.go.set()
            await first
            return refused

    assert refusal(asyncio.run(go()), 503, "overloaded")["type"] == "server_error"


def test_what_a_key_is_not_to_be_told_is_not_told_here_either(tmp_path):
    async def go():
        async with inside(tmp_path, Vectors()) as it:
            limits = KeyLimits(probability_decimals=1, most_labels=1)
            head = {"authorization": f"Bearer {it.keys.create('k', limits=limits)[0]}"}
            asked = BODY | {"logprobs": True, "top_logprobs": 5}
            said = await it.http.post(CHAT, json=asked, headers=head)
            vector = {"model": "tiny", "input": "a"}
            return said.json(), await it.http.post(EMBEDDINGS, json=vector, headers=head)

    said, vector = asyncio.run(go())
    (token,) = said["choices"][0]["logprobs"]["content"]
    assert [t["token"] for t in token["top_logprobs"]] == ["a text"]
    assert token["logprob"] == round(math.log(0.8), 6)  # of 0.75, which it is not told
    assert said["prediction"]["probabilities"] == {"a text": 0.8}
    assert refusal(vector, 403, "vector-withheld")["type"] == "permission_error"


def test_a_task_without_a_way_to_say_its_answer_is_refused(tmp_path, monkeypatch):
    info = plugins.get("task", "text-classification")
    monkeypatch.setitem(vars(info), "said", "")

    async def go():
        async with inside(tmp_path) as it:
            return await it.http.post(CHAT, json=BODY), it.meter.totals()

    response, totals = asyncio.run(go())
    refusal(response, 400, "chat-none")
    assert totals == []


def test_a_certain_label_has_finite_log_probabilities(tmp_path):
    class Sure(Echo):
        def predict(self, inputs):
            return [Prediction(label="a", probability=1, probabilities={"a": 1.0, "b": 0.0})]

    async def go():
        async with inside(tmp_path, Sure()) as it:
            more = {"logprobs": True, "top_logprobs": 2}
            return (await it.http.post(CHAT, json=BODY | more)).json()

    token = asyncio.run(go())["choices"][0]["logprobs"]["content"][0]
    assert [t["logprob"] for t in token["top_logprobs"]] == [0.0, -9999.0]


def test_openapi_tells_their_shape(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            listed = (await it.http.get("/v1/models")).json()
            return (await it.http.get("/openapi.json")).json(), listed

    schema, listed = asyncio.run(go())
    for path in (CHAT, EMBEDDINGS):
        refusals = schema["paths"][path]["post"]["responses"]
        assert "error" in str(refusals["429"]["content"]["application/json"])
        assert "422" not in refusals and "402" not in refusals
    assert listed["object"] == "list" and listed["data"][0]["id"] == "tiny"
    assert listed["models"][0]["name"] == "tiny"
