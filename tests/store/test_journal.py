"""A file written piece by piece: whole or not there, and gone on with after a kill."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.store import journal as room
from undercut.store.journal import Journal


@pytest.fixture(autouse=True)
def every_piece_is_committed(monkeypatch):
    monkeypatch.setattr(room, "COMMIT_SECONDS", 0.0)


def left(folder):
    return sorted(p.name for p in folder.iterdir())


def test_the_file_appears_at_the_end_and_nothing_else_stays(tmp_path):
    out = tmp_path / "new" / "answers.jsonl"
    with Journal(out, "k") as j:
        j.add(1, b"a\n")
        assert not out.exists()
        j.finish()
    assert out.read_bytes() == b"a\n"
    assert left(out.parent) == ["answers.jsonl"]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.binary(max_size=9), max_size=8),
    st.binary(max_size=9),
    st.binary(max_size=30),
    st.data(),
)
def test_a_kill_anywhere_loses_only_what_was_not_noted(tmp_path_factory, pieces, torn, noise, data):
    out = tmp_path_factory.mktemp("kill") / "out"
    with Journal(out, "k") as j:
        for i, piece in enumerate(pieces):
            j.add(1, piece)
            assert j.rows == i + 1
        job = j.job
    with out.with_name(".out.part").open("ab") as f:
        f.write(torn)
    with out.with_name(".out.journal").open("ab") as f:
        f.write(noise.replace(b"{", b""))
    # or the kill came inside the last note: its tail is not on the disk
    notes = out.with_name(".out.journal").read_bytes()
    first = notes.index(b"}") + 1
    out.with_name(".out.journal").write_bytes(notes[: data.draw(st.integers(first, len(notes)))])
    with Journal(out, "k") as j:
        assert j.job == job
        for piece in pieces[j.rows :]:
            j.add(1, piece)
        j.finish()
    assert out.read_bytes() == b"".join(pieces)


def test_another_key_begins_anew_and_says_so(tmp_path):
    out = tmp_path / "out"
    with Journal(out, "k") as j:
        j.add(1, b"old")
    with Journal(out, "other") as j:
        assert (j.rows, j.restarted) == (0, True)
        j.add(1, b"new")
        j.finish()
    assert out.read_bytes() == b"new"


def test_a_part_shorter_than_its_note_is_not_believed(tmp_path):
    out = tmp_path / "out"
    with Journal(out, "k") as j:
        j.add(1, b"abc")
    (tmp_path / ".out.part").write_bytes(b"a")
    with Journal(out, "k") as j:
        assert j.rows == 0


def test_two_writers_at_once_are_refused(tmp_path):
    pytest.importorskip("fcntl")
    with Journal(tmp_path / "out", "k"), pytest.raises(UndercutError) as e:
        Journal(tmp_path / "out", "k")
    assert e.value.code == "predict-busy"


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UndercutError) as e:
        Journal(tmp_path / "file" / "out", "k")
    assert e.value.code == "predict-out"


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_what_has_no_name_is_no_file(name):
    with pytest.raises(UndercutError, match="a folder"):
        Journal(Path(name), "key")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UndercutError, match="a folder"):
        Journal(tmp_path, "k")
    assert left(tmp_path.parent).count(f".{tmp_path.name}.part") == 0
