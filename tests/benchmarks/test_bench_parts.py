"""Data sets, the paired test, and parts in processes of their own."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from benchmarks.paired import mcnemar
from benchmarks.part import PartFailed, call, execute

from benchmarks import datasets, growth, ours, runtime_contender, throughput


def test_stratified_parts_are_disjoint_complete_and_in_proportion():
    labels = ["a"] * 50 + ["b"] * 20 + ["c"] * 10
    rest, held = datasets.stratified(labels, 0.1, 0)
    assert sorted([*rest, *held]) == list(range(80))
    assert [sum(labels[i] == x for i in held) for x in "abc"] == [5, 2, 1]
    assert np.array_equal(held, datasets.stratified(labels, 0.1, 0)[1])
    assert not np.array_equal(held, datasets.stratified(labels, 0.1, 1)[1])


def test_waimai_has_no_text_on_both_sides(small_data):
    split = datasets.read("waimai_10k", small_data)
    assert len(split.train) + len(split.test) == 30
    assert not set(split.train.texts) & set(split.test.texts)
    assert split.classes == ["negative", "positive"]
    assert split.test.labels.count("positive") == 2 and split.test.labels.count("negative") == 4


def test_titles_are_read_with_their_class_names(small_data):
    split = datasets.read("thucnews_titles", small_data)
    assert split.train.texts == ["锌价难续去年辉煌", "夺冠"]
    assert split.train.labels == ["finance", "sports"] and split.test.labels == ["finance"]


def test_rows_survive_the_file_we_hand_over(tmp_path):
    rows = datasets.Rows(['a "quoted", text', "two\nlines", "很好"], ["x", "y", "x"])
    with rows.write(tmp_path / "a" / "b.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [(r["text"], r["label"]) for r in found] == list(
        zip(rows.texts, rows.labels, strict=True)
    )


def test_a_missing_data_folder_is_explained(tmp_path):
    with pytest.raises(SystemExit, match="UNDERCUT_DATA"):
        datasets.read("banking77", tmp_path)


def test_mcnemar_counts_and_p_value():
    found = mcnemar([1, 2, 3], [3, *range(10, 20)])
    assert (found["only_a"], found["only_b"]) == (10, 2)
    assert found["p_value"] == pytest.approx(158 / 4096)
    assert mcnemar([5], [5]) == {"only_a": 0, "only_b": 0, "p_value": 1.0}


def test_mcnemar_agrees_with_the_products_own():
    from undercut.measures.paired import mcnemar as own

    for a, b in ((3, 9), (40, 61), (0, 6)):
        found = mcnemar(range(b), range(100, 100 + a))
        assert found["p_value"] == pytest.approx(own(a, b)[0])


def test_a_part_answers_from_its_own_process(small_data):
    request = {"dataset": "banking77", "data": str(small_data), "recipe": "word", "seed": 0}
    found = call("benchmarks.peers_linear", request, threads=1, timeout=120)
    assert found["accuracy"] == 1 and found["wrong"] == []
    assert 0 < found["training"]["cpu_seconds"] < found["process"]["cpu_seconds"]


def test_a_failing_part_says_why(tmp_path):
    with pytest.raises(PartFailed, match="expected its folder"):
        call(
            "benchmarks.peers_linear",
            {"dataset": "banking77", "data": str(tmp_path), "recipe": "word", "seed": 0},
            threads=1,
        )


def test_a_command_that_does_not_end_is_stopped():
    with pytest.raises(PartFailed, match="no end after"):
        execute(["sleep", "20"], threads=1, timeout=0.2)


def test_contenders_run_on_the_cores_given_and_without_network():
    out, _ = execute(["sh", "-c", 'echo "$OMP_NUM_THREADS $HF_HUB_OFFLINE"'], threads=3, timeout=10)
    assert out.split() == ["3", "1"]


def test_training_leaves_out_what_comes_after_it():
    names = ("data", "fit-linear", "build-linear", "measure", "refit-linear", "choose", "test")
    costs = [{"step": n, "cpu_seconds": float(2**i)} for i, n in enumerate(names)]
    assert ours.training_seconds(costs) == 1 + 2 + 16 + 32


def test_contenders_are_the_promoted_and_the_gated(tmp_path):
    def variant(name, rung, verdict, promoted=False):
        gate = {"verdict": verdict} if verdict else None
        return {
            "name": name,
            "rung": rung,
            "gate": gate,
            "promoted": promoted,
            "valid_quality": {"value": 0.9},
            "folder": f"out/{name}",
        }

    variants = [
        variant("linear", "linear", None, promoted=True),
        variant("probe", "probe", None),
        variant("probe onnx", "probe", "passed"),
        variant("probe int8", "probe", "refused"),
    ]
    found = throughput.contenders({"variants": variants}, tmp_path)
    assert [f["name"] for f in found] == ["linear", "probe onnx"]


def test_rows_of_a_growing_file_are_the_same_in_each(tmp_path):
    texts = ["one", "two", "three"]
    small, large = (growth.write_rows(tmp_path / f"{n}.csv", texts, n) for n in (3, 9))
    assert large.read_text().startswith(small.read_text())
    assert len(large.read_text().splitlines()) == 10


def test_the_rows_noted_are_those_of_the_last_whole_line(tmp_path):
    journal = tmp_path / "j"
    assert growth.noted(journal) == 0
    journal.write_text('\n{"key": "k", "job": "j"}\n\n{"rows": 5, "bytes": 9}\n\n{"rows": 7, "by')
    assert growth.noted(journal) == 5


def test_single_texts_are_seen_before_they_are_timed():
    asked = []

    def answer(texts):
        asked.extend(texts)
        return texts

    p50, p99 = runtime_contender.latencies(answer, ["a", "b"])
    assert asked == ["a", "b", "a", "b"] and 0 <= p50 <= p99
