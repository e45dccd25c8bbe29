"""A model of entities behind the API: its answers, their schema, corrections, and the client."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from serving.inside import MODEL, inside
from undercut.predict.answers import answer_lines, answer_row, any_answer, knows
from undercut.serving.answers import answer_json
from undercut.serving.client import Client
from undercut.serving.schemas import predict_answer
from undercut.tasks.token_classification.prediction import Entity, Tagged

TAGS = ("O", "B-PER", "I-PER")
INFO = MODEL.model_copy(update={"task": "token-classification", "labels": TAGS})
ANSWER = Tagged(entities=[Entity(start=0, end=3, type="PER", text="吴重阳", probability=0.9)])


class Tagger:
    """Finds the first three characters of every text."""

    def predict(self, inputs: list[str]) -> list[Tagged]:
        return [ANSWER for _ in inputs]


def test_the_api_answers_with_offsets_and_says_so_in_its_schema(tmp_path, monkeypatch):
    monkeypatch.setattr("serving.inside.MODEL", INFO)

    async def go():
        async with inside(tmp_path, Tagger()) as it:
            answer = (await it.ask("吴重阳在家")).json()
            schema = (await it.http.get("/openapi.json")).json()
            body = {"request_id": answer["request_id"], "index": 0}
            told = [
                (await it.http.post("/v1/feedback", json=body | {"target": target})).json()
                for target in ('[[0, 3, "PER"]]', '[[0, 3, "LOC"]]', "PER", "[]")
            ]
            return answer, schema, told

    answer, schema, told = asyncio.run(go())
    assert answer["predictions"] == [
        {
            "entities": [
                {"start": 0, "end": 3, "type": "PER", "text": "吴重阳", "probability": 0.9}
            ],
            "truncated": False,
        }
    ]
    rows = schema["components"]["schemas"]["PredictAnswer"]["properties"]["predictions"]
    assert rows["items"] == {"$ref": "#/components/schemas/Tagged"}
    assert [t["known_label"] for t in told] == [True, False, False, True]


def test_the_client_reads_the_record_of_the_servers_task():
    content = answer_json("req_1", INFO, [ANSWER], 5, 3)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    with Client("http://x", transport=transport) as client:
        assert client.predict(["吴重阳在家"]) == [ANSWER]


def test_a_server_of_two_tasks_says_both():
    schema = predict_answer(["text-classification", "token-classification"]).model_json_schema()
    kinds = schema["properties"]["predictions"]["items"]["anyOf"]
    assert {k["$ref"].rpartition("/")[2] for k in kinds} == {"Prediction", "Tagged"}


def test_answers_of_every_task_come_back_as_they_went():
    row = answer_row("token-classification", ANSWER, 0)
    assert any_answer().validate_python(row) == ANSWER
    assert answer_lines("token-classification", ANSWER) == ["0-3\tPER\t吴重阳\t0.900"]
    assert answer_lines("token-classification", Tagged(entities=[])) == ["(no entity)"]


@pytest.mark.parametrize(
    ("task", "target", "known"),
    [
        ("text-classification", "O", True),
        ("text-classification", "x", False),
        ("text-classification", " ", False),
        ("token-classification", '[[0, 1, "PER"]]', True),
        ("token-classification", "no JSON", False),
        ("token-classification", "[1]", False),
    ],
)
def test_whether_a_correction_is_known(task, target, known):
    assert knows(task, TAGS, target) is known
