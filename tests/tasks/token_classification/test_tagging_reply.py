"""What an API wrote, read as entities: strictly, with the characters they stand at."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.core.types import Examples
from undercut.tasks.token_classification.reply import read_entities
from undercut.tasks.token_classification.task import TokenClassification
from undercut.tasks.token_classification.words import words_of

TEXT = "Ann Lee met Ann in Paris, Texas."
TYPES = ("LOC", "PER")


def entity(text, kind="PER", **more):
    return {"text": text, "type": kind, **more}


def read(*entities, text=TEXT, wrap="{}"):
    return read_entities(wrap.format(json.dumps(list(entities))), words_of(text), TYPES)


def test_entities_get_the_characters_they_stand_at():
    assert read(entity("Ann Lee"), entity("Ann"), entity("Paris", "LOC")) == [
        [0, 7, "PER"], [12, 15, "PER"], [19, 24, "LOC"],
    ]  # fmt: skip
    assert read() == []
    assert read(entity("Paris", "LOC"), entity("Ann Lee")) == [[0, 7, "PER"], [19, 24, "LOC"]]
    assert read(entity(" Ann Lee ")) == [[0, 7, "PER"]]
    assert read(entity("Ann Lee"), wrap="\n ```json\n{}\n``` ") == [[0, 7, "PER"]]
    assert read(entity("王明"), text="在王明家") == [[1, 3, "PER"]]


@pytest.mark.parametrize(
    "entities",
    [
        [entity("Bob")], [entity("ann")], [entity("An")], [entity("Ann", "ORG")],
        [entity("Ann", "per")], [entity("")], [entity(3)], [entity("Ann", why="x")],
        [{"text": "Ann"}], ["Ann"], [entity("Ann Lee"), entity("Lee")], [entity("Ann")] * 3,
        [entity("Ann", None)], [["Ann", "PER"]],
    ],
)  # fmt: skip
def test_what_cannot_be_laid_on_the_text_makes_the_answer_none(entities):
    assert read(*entities) is None


@pytest.mark.parametrize(
    "reply",
    ["", "none", "{}", "[", "null", "[]]", "Here: []", "[] That is all.", "```\n[]", "[" * 5000,
     '{"entities": []}', "```json\n[]\n```\n```json\n[]\n```"],
)  # fmt: skip
def test_anything_but_a_list_is_no_answer(reply):
    assert read_entities(reply, words_of(TEXT), TYPES) is None


@given(st.lists(st.sampled_from(["PER", "LOC", ""]), min_size=1, max_size=8))
def test_the_answer_wanted_is_read_as_the_target(kinds):
    task = TokenClassification()
    text = " ".join(f"w{i % 3}" for i in range(len(kinds)))
    target = [[3 * i, 3 * i + 2, kind] for i, kind in enumerate(kinds) if kind]
    labels = task.label_space([[[0, 1, "PER"], [0, 1, "LOC"]]])
    units = task.rival_units(task.rival_answer(text, target), text, labels)
    assert units is not None
    every = all(kinds)  # else words that are not meant may stand before those that are
    if every:
        wanted = task.encode(Examples([text], [target], ["f:1"]), labels)
        assert units.tolist() == wanted.tolist()
    assert (units > 0).sum() == len(target)
    assert task.rival_missed(text, target, labels).tolist() == [0] * len(kinds)
