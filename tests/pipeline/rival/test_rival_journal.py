"""The journal survives a cut at any byte, and an error while writing leaves no half line."""

import os
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import IntegrityError
from undercut.models.api.messages import sendable
from undercut.pipeline.rival.journal import Answer, Journal, row_key

REQUEST = {"base_url": "http://x/v1", "body": {"model": "m"}}
NOW = datetime(2026, 11, 24, tzinfo=UTC).isoformat()


def answer(text: str, row: str) -> Answer:
    return Answer(row, text, False, False, 9, 2, 0, 0, False, "0.00001", 3.5, 1, 0, NOW)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=5, unique=True), st.data())
def test_after_a_cut_at_any_byte_the_whole_lines_are_there_and_it_goes_on(
    tmp_path_factory, texts, data
):
    place = tmp_path_factory.mktemp("journal")
    journal = Journal(place, REQUEST)
    kept = [
        answer(sendable(text), row_key(sendable(text) + str(i))) for i, text in enumerate(texts)
    ]
    for a in kept:
        journal.append(a)
    whole = journal.path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    journal.path.write_bytes(whole[:cut])
    again = Journal(place, REQUEST)
    n = whole[:cut].count(b"\n")
    assert list(again.answers.values()) == kept[:n]
    for a in kept[n:]:
        again.append(a)
    assert again.path.read_bytes() == whole
    assert Journal(place, REQUEST).answers == {a.row: a for a in kept}


def test_a_full_disk_leaves_no_half_line(tmp_path, monkeypatch):
    journal = Journal(tmp_path, REQUEST)
    journal.append(answer("one", "a"))
    before = journal.path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            journal.append(answer("two", "b"))
    assert journal.path.read_bytes() == before and set(journal.answers) == {"a"}
    journal.append(answer("two", "b"))
    assert set(Journal(tmp_path, REQUEST).answers) == {"a", "b"}


@pytest.mark.parametrize("line", ["edited", "[]", '{"row": "a"}', "{}", '"x"', "null"])
def test_an_edited_line_is_named(tmp_path, line):
    journal = Journal(tmp_path, REQUEST)
    journal.append(answer("one", "a"))
    with journal.path.open("a") as f:
        f.write(line + "\n")
    with pytest.raises(IntegrityError) as caught:
        Journal(tmp_path, REQUEST)
    assert "answers.jsonl:2" in str(caught.value)


def test_another_request_is_another_journal(tmp_path):
    first, second = (Journal(tmp_path, REQUEST | {"prompt": p}) for p in ("a", "b"))
    first.append(answer("one", "a"))
    assert first.key != second.key and not Journal(tmp_path, REQUEST | {"prompt": "b"}).answers
