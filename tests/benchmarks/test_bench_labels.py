"""Planted label errors: the pure parts, and one small run without cleanlab."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from benchmarks import labels, tables


def test_planted_labels_differ_and_the_rest_do_not():
    y = np.arange(200) % 4
    noisy, rows = labels.plant(y, 4, 0.05, 0)
    assert len(rows) == 10
    assert np.flatnonzero(noisy != y).tolist() == rows.tolist()
    assert noisy.min() >= 0
    assert noisy.max() < 4
    assert not np.array_equal(rows, labels.plant(y, 4, 0.05, 1)[1])


def test_precision_and_recall_by_hand():
    found = labels.hits(np.array([3, 9, 4, 5]), np.array([3, 4, 8]))
    assert found["precision"] == 0.5
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["precision_planted"] == pytest.approx(2 / 3)
    assert found["precision_20"] == 0.5
    assert labels.hits(np.zeros(0, int), np.array([1]))["precision"] == 0


def test_gain_by_hand():
    before = np.array([True] * 60 + [False] * 40)
    after = np.array([False] * 2 + [True] * 68 + [False] * 30)
    found = labels.gain(before, after)
    assert found["gain"] == pytest.approx(0.08)
    half = 1.96 * np.sqrt(12 - 64 / 100) / 100
    assert (found["low"], found["high"]) == pytest.approx((0.08 - half, 0.08 + half))
    assert found["p_value"] < 0.05
    assert labels.gain(before, before)["low"] == 0
    once, twice = labels.pooled([found], 100), labels.pooled([found] * 3, 100)
    assert twice == pytest.approx(once)
    assert (once["gain"], once["low"]) == pytest.approx((found["gain"], found["low"]))


def test_a_small_run_fills_the_table(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    words = {
        "card": ["lost", "stolen", "block", "pin"],
        "refund": ["money", "back", "return", "pay"],
    }
    folder = tmp_path / "banking77"
    folder.mkdir()
    for part, n in (("train", 120), ("test", 40)):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as f:
            out = csv.writer(f)
            out.writerow(["text", "category"])
            for i in range(n):
                label = ("card", "refund")[i % 2]
                out.writerow([" ".join(rng.choice(words[label], 5)) + f" {part} {i}", label])
    monkeypatch.setattr(labels.importlib.util, "find_spec", lambda _: None)
    row = labels.run({"dataset": "banking77", "data": str(tmp_path), "seed": 0})
    assert row["planted"] == 6
    assert row["ours"]["recall"] > 0.8
    assert row["cleanlab"] == {}
    text = tables.labels({"labels": {"rows": [row]}})
    assert "**undercut**" in text
    assert "all read" in text
    assert "python -m benchmarks labels" in tables.labels({})
