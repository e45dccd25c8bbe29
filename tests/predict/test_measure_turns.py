"""Speeds are compared in turns: what slows the whole machine down changes no ratio."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.fitted import fitted
from conformance.samples import rows_of
from undercut.core.errors import UndercutError
from undercut.core.types import Measurement
from undercut.predict import measure as room
from undercut.predict.measure import Thing, Yardstick, busy_note, measure, together
from undercut.predict.remote import RemoteWatch
from undercut.predict.stopwatch import Round

TASK = "text-classification"


class Machine:
    """A machine whose speed is another in each round; each artefact has a speed of its own."""

    def __init__(self, speeds, loads, rounds=room.ROUNDS):
        self.speeds, self.loads, self.rounds, self.taken = speeds, loads, rounds, []

    def __call__(self, folder, texts, threads, backend):
        if self.speeds[folder.name] is None:
            raise UndercutError("measure-failed", [])
        return Watch(self, folder.name)


class Watch:
    backend, plan = "b", None

    def __init__(self, machine, name):
        self.machine, self.name, self.number = machine, name, 0

    def round(self):
        slow = self.machine.loads[self.number]
        self.machine.taken.append((self.number, self.name))
        self.number += 1
        speed = self.machine.speeds[self.name] / slow
        return Round(speed, 1.0, [1e3 / speed] * 3, 10)

    def peak_memory_bytes(self):
        return 1

    def close(self):
        pass


@settings(max_examples=60, deadline=None)
@given(
    loads=st.lists(st.floats(1, 50), min_size=room.ROUNDS, max_size=room.ROUNDS),
    speeds=st.tuples(*[st.floats(1, 1e6)] * 3),
)
def test_load_changes_no_ratio(tmp_path_factory, loads, speeds):
    place = tmp_path_factory.getbasetemp()
    machine = Machine(dict(zip("abc", speeds, strict=True)), loads)
    things = [Thing(place / n) for n in "abc"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "open_watch", machine)
        found = together(things[:2], [], 1)
        beside = Yardstick(things[0], found[things[0]])
        machine.loads = [7 * x for x in loads]  # later the machine is seven times as slow
        later = together(things[2:], [], 1, beside)
    a, b, c = found[things[0]], found[things[1]], later[things[2]]
    assert b.texts_per_second / a.texts_per_second == pytest.approx(speeds[1] / speeds[0])
    assert c.texts_per_second / a.texts_per_second == pytest.approx(speeds[2] / speeds[0])
    assert c.p50_ms / a.p50_ms == pytest.approx(speeds[0] / speeds[2])
    assert c.p95_ms == pytest.approx(c.p50_ms)


def test_each_round_has_everything_once_and_turns_the_order(tmp_path, monkeypatch):
    machine = Machine({"a": 1.0, "b": 2.0}, [1.0] * room.ROUNDS)
    monkeypatch.setattr(room, "open_watch", machine)
    together([Thing(tmp_path / "a"), Thing(tmp_path / "b")], [], 1)
    assert machine.taken[:4] == [(0, "a"), (0, "b"), (1, "b"), (1, "a")]


def test_what_cannot_be_run_is_left_out_only_where_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "open_watch", Machine({"a": None, "b": 2.0}, [1.0] * room.ROUNDS))
    things = [Thing(tmp_path / "a"), Thing(tmp_path / "b")]
    assert list(together(things, [], 1, may_fail=True)) == things[1:]
    with pytest.raises(UndercutError):
        together(things, [], 1)
    with pytest.raises(UndercutError):
        together(things[:1], [], 1, may_fail=True)


def test_a_busy_machine_is_told_of():
    facts = dict.fromkeys(("texts_per_second", "p50_ms", "p95_ms"), 1.0)
    facts |= dict.fromkeys(("size_bytes", "peak_memory_bytes", "threads", "texts"), 1)
    quiet = Measurement(**facts, processor="p", backend="b", others_cores=0.1)
    busy = quiet.model_copy(update={"others_cores": 1.6})
    unknown = quiet.model_copy(update={"others_cores": None})
    assert busy_note([quiet, unknown]) == ""
    assert "1.6 cores busy" in busy_note([quiet, busy])


def test_a_process_of_its_own_is_timed_and_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "ROUNDS", 1)
    monkeypatch.setattr(room, "open_watch", RemoteWatch)
    opened = []
    start = subprocess.Popen

    def noted(*args, **kwargs):
        opened.append(start(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    found = measure(fitted(TASK, "linear")[0], rows_of(TASK, 40, 1).inputs, 1)
    assert (
        found.backend == "numpy" and found.texts_per_second > 0 and found.others_cores is not None
    )
    with pytest.raises(UndercutError) as failed:
        measure(tmp_path / "nothing", ["a"], 1)
    assert failed.value.code == "measure-failed" and "artefact" in str(failed.value)
    assert [p.poll() is not None for p in opened] == [True, True]


def test_the_process_answers_in_json_lines():
    asked = {"what": "time", "folder": str(fitted(TASK, "linear")[0]), "threads": 1}
    asked |= {"backend": None, "plan": None, "texts": ["a text"]}
    done = subprocess.run(
        [sys.executable, "-m", "undercut.predict.stopwatch"],
        input=f"{json.dumps(asked)}\nround\nmemory\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first == {"backend": "numpy"} and second["texts"] == 1 and third > 10**6
