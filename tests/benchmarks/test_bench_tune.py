"""The search's part: commands, comparison and curve, the commands themselves told by a stand-in."""

from __future__ import annotations

import json

import pytest
from benchmarks.datasets import read
from benchmarks.part import PartFailed
from results_fixture import searched

from benchmarks import tune


@pytest.fixture
def asked(monkeypatch):
    """What the commands and the answers would say; a list of the commands given."""
    given = []

    def execute(line, threads, timeout, cwd):
        given.append(line[1:])
        facts = {
            "promoted": line[1], "artefact": f"out/{line[1]}", "cost_usd": 0.01,
            "cpu_seconds": 720.0, "valid": {"accuracy": {"value": 0.9}},
            "search": {"usd": 0.004, "journal": "out/tuning/x.journal"},
        }  # fmt: skip
        return json.dumps(facts), {"cpu_seconds": 700.0}

    def call(module, request, threads):
        wrong = [0, 1] if request["artefact"].endswith("tune") else [1, 2, 3]
        return {"accuracy": 1 - len(wrong) / 8, "wrong": wrong}

    monkeypatch.setattr(tune, "execute", execute)
    monkeypatch.setattr(tune, "call", call)
    return given


def test_the_search_comes_first_and_both_answer_the_same_rows(asked, small_data, tmp_path):
    split, work = read("banking77", small_data), tmp_path / "work"
    row = tune.measure(split, 0.05, 3, work, small_data, threads=2)
    assert [line[0] for line in asked] == ["tune", "run"]
    assert [x for x in asked[0] if x in tune.METHODS] == list(tune.METHODS)
    assert asked[0][asked[0].index("--budget-usd") + 1] == "0.05"
    assert "--budget-usd" not in asked[1] and "--methods" not in asked[1]
    assert all(line[line.index("--seed") + 1] == "3" for line in asked)
    assert (row["only_tuned_right"], row["only_default_right"]) == (2, 1)
    assert row["tuned"]["accuracy"] == 0.75 and row["default"]["accuracy"] == 0.625
    assert row["search"]["journal"] == "" and row["search"]["usd"] == 0.004
    assert not any(work.iterdir())


def test_an_ended_part_leaves_its_workspace_to_go_on_in(asked, small_data, tmp_path, monkeypatch):
    def broken(*_):
        raise PartFailed("ended")

    monkeypatch.setattr(tune, "call", broken)
    split = read("banking77", small_data)
    with pytest.raises(PartFailed):
        tune.measure(split, 0.05, 0, tmp_path / "work", small_data, threads=1)
    (left,) = (tmp_path / "work").iterdir()
    assert (left / "banking77.csv").is_file()


def test_the_curve_is_drawn_from_the_row_alone(tmp_path):
    pytest.importorskip("matplotlib")
    assert tune.draw(searched(0.94, 0.94, 1.0), tmp_path) == "tune_banking77.png"
    assert [p.name for p in tmp_path.iterdir()] == ["tune_banking77.png"]
    assert (tmp_path / "tune_banking77.png").read_bytes()[:4] == b"\x89PNG"
