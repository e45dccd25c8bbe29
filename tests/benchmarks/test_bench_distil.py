"""The table of students, and how texts a second are counted."""

from __future__ import annotations

import pytest
from benchmarks.distil import MOST_TEXTS, ROUNDS, rates
from benchmarks.distil_tables import tables


def row(name, seed, accuracy, cpu, wall):
    rate = {"wall": wall, "cpu": 2 * wall, "texts": 9}
    return {
        "dataset": "banking77",
        "seed": seed,
        "name": name,
        "accuracy": accuracy,
        "cpu_seconds": cpu,
        "size_bytes": 10_100_000,
        "to_label": rate,
        "to_prediction": rate,
    }


def test_seeds_are_joined_and_every_row_is_whole():
    rows = [row("distil-hashed", s, 0.93 + s / 1000, 12.0 + s, 400_000 + s) for s in range(3)]
    found = tables([*rows, row("teacher", 0, 0.945, None, 500)]).splitlines()
    assert {line.count(" | ") for line in found} == {found[0].count(" | ")}
    teacher, student = found[2], found[3]
    assert teacher.startswith("| banking77 | teacher | 94.5 % |  |")
    assert "93.1 % (93.0 % to 93.2 %)" in student and "13.0 (12.0 to 14.0)" in student
    assert "400\u2009001 | 800\u2009002" in student and student.endswith("| 3 |")


@pytest.mark.parametrize("texts", [["a"] * 3, ["a"] * 700])
def test_texts_are_repeated_until_there_are_enough(texts):
    asked = []
    found = rates(lambda x: asked.append(len(x)), texts)
    assert found["texts"] == MOST_TEXTS and asked[1:] == [MOST_TEXTS] * ROUNDS
    assert found["wall"] > 0 and found["cpu"] > 0
