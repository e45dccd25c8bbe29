"""Rows chosen against chance: the pure parts, and one small run."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from benchmarks import coreset, coreset_tables, coreset_ways


def runs(gains: list[float]) -> list[dict]:
    def found(way: str, accuracy: float) -> dict:
        row = {"use": "train", "start": 0, "n": 100, "model": "linear"}
        return row | {"way": way, "accuracy": accuracy}

    return [
        {"dataset": "made", "seed": s,
         "found": [found(coreset.CHANCE, 0.5 + s / 10), found(coreset.OURS, 0.5 + s / 10 + g)]}
        for s, g in enumerate(gains)
    ]  # fmt: skip


def test_the_gain_is_within_seeds_and_its_interval_students():
    known = coreset.against_chance(runs([0.01, 0.03, 0.05]))
    ours = known[("train", 0, 100, "linear", coreset.OURS)]
    assert ours["gain"] == pytest.approx(0.03)
    assert ours["half"] == pytest.approx(4.302653 * 0.02 / 3**0.5)
    assert known[("train", 0, 100, "linear", coreset.CHANCE)]["gain"] == 0
    assert (
        "half"
        not in coreset.against_chance(runs([0.02]))[("train", 0, 100, "linear", coreset.OURS)]
    )


def test_the_table_says_gains_in_points():
    text = coreset_tables.tables(runs([0.01, 0.03, 0.05]))
    assert "| made | 100 | 60.0 % | +3.0 ± 5.0 |" in text
    assert "Seeds: made: 3." in text


def test_ways_choose_as_many_different_rows_as_asked():
    rng = np.random.default_rng(0)
    v = rng.normal(size=(40, 5))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    strata = ["ab"[i % 3 == 0] for i in range(40)]
    ways = {
        "k_center": coreset_ways.k_center,
        "k_means_pp": lambda w, n: coreset_ways.k_means_pp(w, n, rng),
        "typical": coreset_ways.typical,
    }
    for name, way in ways.items():
        assert len(set(way(v, 12).tolist())) == 12, name
        got = coreset_ways.by_class(np.arange(40), strata, 12, lambda m, n, way=way: way(v[m], n))
        assert len(set(got.tolist())) == 12, name
        assert sum(strata[i] == "b" for i in got) == 4, name


def test_a_small_run_measures_every_way(tmp_path, monkeypatch):
    from pipeline.sets import rows

    folder = tmp_path / "banking77"
    folder.mkdir()
    for part in ("train", "test"):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as f:
            csv.writer(f).writerows([("text", "category"), *rows("support_en.csv")])
    monkeypatch.setattr(coreset, "encoded", lambda *_: None)
    got = coreset.run({"dataset": "banking77", "data": str(tmp_path), "seed": 0, "sizes": [20],
                       "starts": [0, 40], "to_label": [10]})  # fmt: skip
    assert 0 < got["scored"] < got["distinct"] <= got["rows"]
    known = coreset.against_chance([got])
    trained = {k[4] for k in known if k[0] == "train"}
    assert {coreset.CHANCE, coreset.OURS, "k-center", "least sure first", "all"} <= trained
    picked = {k[4] for k in known if k[:2] == ("label", 40)}
    assert {coreset.CHANCE, coreset.OURS, "coverage, sureness ignored"} <= picked
    assert all(0.1 < of["accuracy"] <= 1 for of in known.values())
    assert "train on, linear" in coreset_tables.tables([got])
