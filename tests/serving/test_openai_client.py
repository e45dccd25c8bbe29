"""The official ``openai`` client, unchanged, against a real server of three models."""

from __future__ import annotations

import asyncio
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from conformance.fitted import fitted, forms
from conformance.samples import rows_of
from serving.live import Live
from undercut.models.api.address import Address
from undercut.models.api.client import RivalClient
from undercut.predict.predictor import load

openai = pytest.importorskip("openai")

CLASSES, TAGS = "text-classification", "token-classification"
TEXT = rows_of(CLASSES, 1, 5).inputs[0]


@pytest.fixture(scope="module")
def folders(artefact, tmp_path_factory) -> dict[str, Path]:
    """The artefacts by the names they are served under."""
    place = tmp_path_factory.mktemp("served")
    shutil.copytree(forms(CLASSES, "probe")["onnx"], place / "encoder")
    shutil.copytree(fitted(TAGS, "linear")[0], place / "tagger")
    return {"tiny": artefact, "encoder": place / "encoder", "tagger": place / "tagger"}


@pytest.fixture(scope="module")
def server(folders, tmp_path_factory):
    first, *more = map(str, folders.values())
    server = Live(first, tmp_path_factory.mktemp("openai"), *more, "--threads", "1")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def client(server):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as client:
        yield client


def ask(client, model="encoder", text=TEXT, **more):
    messages = [
        {"role": "system", "content": "You classify. Answer with the label alone."},
        {"role": "user", "content": "an earlier text"},
        {"role": "assistant", "content": "x"},
        {"role": "user", "content": text},
    ]
    return client.chat.completions.create(model=model, messages=messages, **more)


def test_a_chat_is_answered_with_the_label(client, folders):
    model = load(folders["encoder"], threads=1)
    answer = ask(client, temperature=0, max_tokens=5, seed=1, user="u")
    (expected,) = model.predict([TEXT])
    (choice,) = answer.choices
    assert choice.message.content == expected.label
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    assert choice.logprobs is None
    assert (answer.object, answer.model) == ("chat.completion", "encoder")
    assert answer.system_fingerprint == model.hash
    assert answer.id == answer._request_id and answer.id.startswith("req_")
    usage = answer.usage
    assert usage.prompt_tokens == math.ceil(len(TEXT.encode()) / 4) == usage.total_tokens
    assert answer.prediction["probability"] == pytest.approx(expected.probability, abs=2e-6)
    by_version = ask(client, model.hash, text=[{"type": "text", "text": TEXT}])
    assert by_version.choices[0].message.content == expected.label


def test_log_probabilities_are_those_of_the_labels(client, folders):
    (expected,) = load(folders["encoder"], threads=1).predict([TEXT])
    (token,) = ask(client, logprobs=True, top_logprobs=3).choices[0].logprobs.content
    assert token.token == expected.label == bytes(token.bytes).decode()
    assert math.exp(token.logprob) == pytest.approx(expected.probability, abs=1e-5)
    best = [math.exp(t.logprob) for t in token.top_logprobs]
    assert best == pytest.approx(sorted(expected.probabilities.values())[::-1][:3], abs=1e-5)


def test_a_stream_says_the_same(client):
    whole = ask(client, logprobs=True)
    chunks = list(ask(client, logprobs=True, stream=True, stream_options={"include_usage": True}))
    said = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "".join(said) == whole.choices[0].message.content
    assert [c.choices[0].finish_reason for c in chunks if c.choices] == [None, None, "stop"]
    assert chunks[0].choices[0].delta.role == "assistant"
    logprobs = chunks[1].choices[0].logprobs.model_dump()
    assert logprobs == whole.choices[0].logprobs.model_dump()
    assert chunks[-1].choices == [] and chunks[-1].usage == whole.usage
    assert {c.system_fingerprint for c in chunks} == {whole.system_fingerprint}
    assert all(c.usage is None for c in ask(client, stream=True))


def test_the_async_client_too(server):
    async def go():
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=server.key) as client:
            answer, stream = await asyncio.gather(ask(client), ask(client, stream=True))
            said = [c.choices[0].delta.content or "" async for c in stream]
            return answer.choices[0].message.content, "".join(said)

    whole, streamed = asyncio.run(go())
    assert whole == streamed


def test_a_tagger_answers_as_a_giant_would_be_told_to(client, folders):
    model = load(folders["tagger"], threads=1)
    texts = [model.task.text(value) for value in rows_of(TAGS, 20, 0).inputs]
    text, expected = next((t, p) for t in texts if (p := model.predict([t])[0]).entities)
    answer = ask(client, "tagger", text)
    content = answer.choices[0].message.content
    assert json.loads(content) == [{"text": e.text, "type": e.type} for e in expected.entities]
    assert model.task.rival_units(content, text, model.labels) is not None
    assert answer.prediction["entities"][0]["start"] == expected.entities[0].start
    with pytest.raises(openai.BadRequestError, match="entity") as error:
        ask(client, "tagger", text, logprobs=True)
    assert error.value.param == "logprobs"


def test_a_rival_may_be_ones_own_server(server, folders):
    model = load(folders["encoder"], threads=1)
    labels, task = model.labels, model.task
    messages = [
        {"role": "system", "content": task.rival_prompt(labels)},
        {"role": "user", "content": TEXT},
    ]
    body = {"model": "encoder", "temperature": 0, "max_tokens": 16}
    with RivalClient(Address(f"{server.url}/v1", server.key), body) as rival:
        reply = rival.ask(messages).reply
    (unit,) = task.rival_units(reply.text, TEXT, labels)
    assert labels[unit] == model.predict([TEXT])[0].label
    assert reply.usage == (math.ceil(len(TEXT.encode()) / 4), 0, 0, 0)


def test_embeddings_as_numbers_and_packed(client, folders):
    texts = [TEXT, "我的包裹在哪里"]
    vectors = load(folders["encoder"], threads=1).embed(texts)
    packed = client.embeddings.create(model="encoder", input=texts)
    plain = client.embeddings.create(model="encoder", input=texts, encoding_format="float")
    for answer, off in ((packed, 1e-6), (plain, 1e-6)):
        assert [d.index for d in answer.data] == [0, 1]
        np.testing.assert_allclose([d.embedding for d in answer.data], vectors, atol=off)
        assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0
    assert not any(d.truncated for d in packed.data)
    long = client.embeddings.create(model="encoder", input=["a", "where is my parcel " * 500])
    assert [d.truncated for d in long.data] == [False, True]
    one = client.embeddings.create(model="encoder", input=TEXT, dimensions=vectors.shape[1])
    np.testing.assert_allclose(one.data[0].embedding, vectors[0], atol=1e-5)


def test_what_has_no_vector_and_what_is_no_text_is_refused(client):
    for model, asked, param in (
        ("tiny", {"input": "a"}, "model"),
        ("tagger", {"input": "a"}, "model"),
        ("encoder", {"input": [1, 2, 3]}, "input"),
        ("encoder", {"input": [[1, 2], [3]]}, "input"),
        ("encoder", {"input": ["a", " "]}, "input"),
        ("encoder", {"input": "a", "dimensions": 2}, "dimensions"),
    ):
        with pytest.raises(openai.BadRequestError) as error:
            client.embeddings.create(model=model, **asked)
        assert error.value.param == param, asked


def test_models_are_listed_and_found(client, folders):
    listed = client.models.list()
    assert [m.id for m in listed] == list(folders)
    assert client.models.retrieve("encoder").object == "model"
    assert all(m.owned_by == "undercut" for m in listed)
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-none")


def test_errors_are_of_the_kinds_its_callers_catch(client, server):
    with pytest.raises(openai.NotFoundError) as error:
        ask(client, "encodr")
    assert (error.value.code, error.value.param) == ("model_not_found", "model")
    assert "Did you mean 'encoder'" in str(error.value)
    stranger = openai.OpenAI(base_url=f"{server.url}/v1", api_key="uc_no", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError) as error:
        ask(stranger)
    assert error.value.code == "invalid_api_key"
