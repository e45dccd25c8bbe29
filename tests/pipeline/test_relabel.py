"""The walk over suspected labels: keys, undo, resume, the copy, hours; through a real terminal."""

from __future__ import annotations

import csv
import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.test_check import topical, write
from undercut.cli.relabel import ask
from undercut.core.errors import UndercutError
from undercut.core.specs_data import RelabelSpec
from undercut.ledger.book import Book
from undercut.pipeline.checking.relabel import finish, open_walk
from undercut.pipeline.run import Silent

WRONG = {5: "card", 50: "refund", 110: "refund"}


def noisy(place: Path) -> Path:
    rows = topical(150)
    for i, label in WRONG.items():
        assert rows[i][1] != label
        rows[i] = (rows[i][0], label)
    return write(place / "data.csv", rows)


def spec(place: Path) -> RelabelSpec:
    return RelabelSpec(train=[place / "data.csv"], workspace=place / "out", most=4)


def press(walk, keys: str) -> None:
    given = iter(keys)
    ask(walk, lambda: next(given, ""), Console(file=open(os.devnull, "w"), markup=False))  # noqa: PTH123, SIM115


def labels_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as f:
        return [r["label"] for r in csv.DictReader(f)]


def test_accepting_mends_the_planted_errors_in_a_copy(tmp_path):
    path = noisy(tmp_path)
    before = path.read_bytes()
    walk = open_walk(spec(tmp_path), Silent())
    assert {i.row for i in walk.state.items[:3]} == {f"data.csv:{i + 2}" for i in WRONG}
    press(walk, "aaa")
    result = finish(walk, spec(tmp_path))
    assert path.read_bytes() == before
    assert labels_of(tmp_path / "data.relabelled.csv") == [y for _, y in topical(150)]
    assert (result.decided, result.changed, result.skipped) == (3, 3, 0)


def test_keys_do_what_they_say_and_undo_takes_back(tmp_path):
    noisy(tmp_path)
    walk = open_walk(spec(tmp_path), Silent())
    first, second = walk.state.items[:2]
    press(walk, "a" + "u" + "k" + "s" + "u" + "2" + "u" + "u" + "u" + "c" + "退款\r")
    assert [d.label for d in walk.state.decisions] == ["退款"]
    press(walk, "x" + "cnolabel\r" + "c\x1b" + "s")
    assert [d.label for d in walk.state.decisions] == ["退款", None]
    press(walk, "u2")
    assert walk.state.decisions[1].label == second.choices[1][0]
    assert first.choices[0][1] >= first.choices[1][1]


def test_a_walk_goes_on_where_it_stopped_and_hours_are_added_once_a_session(tmp_path):
    noisy(tmp_path)
    walk = open_walk(spec(tmp_path), Silent())
    walk.decide("card", 36.0)
    finish(walk, spec(tmp_path))
    finish(walk, spec(tmp_path))
    again = open_walk(spec(tmp_path), Silent())
    assert again.place == 1
    again.decide(None, 9999.0)
    result = finish(again, spec(tmp_path))
    assert result.decided == 2
    entries = [
        e for e in Book(tmp_path / "out" / "ledger.sqlite").entries() if e.unit == "person_hour"
    ]
    assert sorted(float(e.quantity) for e in entries) == pytest.approx([0.01, 300 / 3600], abs=1e-6)


def test_time_spent_on_what_was_undone_still_counts(tmp_path):
    noisy(tmp_path)
    walk = open_walk(spec(tmp_path), Silent())
    walk.decide("card", 18.0)
    assert walk.undo()
    walk.decide("refund", 18.0)
    assert finish(walk, spec(tmp_path)).hours_this_session == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("spoil", "said"), [("file", "changed since"), ("state", "cannot be read")]
)
def test_another_file_or_a_torn_state_is_refused(tmp_path, spoil, said):
    path = noisy(tmp_path)
    open_walk(spec(tmp_path), Silent())
    if spoil == "file":
        path.write_text(path.read_text(encoding="utf-8") + "more,card\n", encoding="utf-8")
    else:
        (tmp_path / "data.csv.relabel.json").write_text("{", encoding="utf-8")
    with pytest.raises(UndercutError, match=said) as e:
        open_walk(spec(tmp_path), Silent())
    assert e.value.code == "relabel-state"


def test_without_a_terminal_it_says_so(tmp_path):
    noisy(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "undercut", "relabel", "data.csv"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert "expected a terminal with a keyboard" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data.csv"]


def test_through_a_pseudo_terminal(tmp_path):
    noisy(tmp_path)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "undercut", "relabel", "data.csv", "--most", "3"],
        cwd=tmp_path, stdin=slave, stdout=slave, stderr=slave, close_fds=True,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80"},
    )  # fmt: skip
    os.close(slave)
    seen = ""

    def wait(word: str) -> None:
        nonlocal seen
        end = time.monotonic() + 120
        while word not in seen:
            assert time.monotonic() < end, seen[-2000:]
            if select.select([master], [], [], 1)[0]:
                seen += os.read(master, 65536).decode("utf-8", "replace")

    try:
        wait("1 of 3")
        os.write(master, b"a")
        wait("2 of 3")
        os.write(master, b"u")
        wait("taken back")
        os.write(master, b"a")
        seen = ""
        wait("2 of 3")
        os.write(master, b"c" + "退款".encode() + b"\r")
        wait("3 of 3")
        os.write(master, b"q")
        wait("goes on where you stopped")
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    state = json.loads((tmp_path / "data.csv.relabel.json").read_text(encoding="utf-8"))
    assert [d["label"] for d in state["decisions"]] == [state["items"][0]["choices"][0][0], "退款"]
    assert (tmp_path / "data.relabelled.csv").is_file()
