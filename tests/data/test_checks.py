"""Findings: each fault is found, counted, placed, and a clean set has none."""

from __future__ import annotations

import pytest

from undercut.core.types import Examples
from undercut.data.checks import check


def rows_of(pairs, name="train.csv") -> Examples:
    rows = [f"{name}:{i}" for i in range(2, len(pairs) + 2)]
    return Examples([x for x, _ in pairs], [y for _, y in pairs], rows)


CLEAN = [(f"first {i}", "a") for i in range(8)] + [(f"second {i}", "b") for i in range(8)]


def found(pairs, test=None):
    findings = check(rows_of(pairs), rows_of(test, "test.csv") if test is not None else None)
    return {f.code: f for f in findings}


def test_clean_rows_have_no_finding():
    assert found(CLEAN, [("third", "a"), ("fourth", "b")]) == {}


@pytest.mark.parametrize(
    ("more", "code", "severity", "said", "rows"),
    [
        ([("", "a"), (" \n", "b")], "empty", "warning", "2 of 18 texts", ["train.csv:18"]),
        ([("First  0", "a")], "duplicates", "warning", "1 row repeats", ["train.csv:18"]),
        (
            [("ｆｉｒｓｔ 0", "b")],
            "conflicts",
            "warning",
            "1 text has more than one label, such as 'a', 'b'",
            ["train.csv:2", "train.csv:18"],
        ),
        ([(f"x {i}", "A ") for i in range(6)], "label-variants", "warning", "write 'a'", []),
        ([("x", "rare")], "few-rows", "warning", "1 class has fewer than 5", ["train.csv:18"]),
        ([(f"x{i}", "a") for i in range(200)], "imbalance", "warning", "'a' has 208 rows", []),
        ([(f"x{i}", "nan") for i in range(6)], "missing-label", "warning", "6 rows are", []),
        ([(f"x{i}", f"l{i}") for i in range(40)], "many-labels", "warning", "42 different", []),
    ],
)
def test_a_fault_in_training_is_found(more, code, severity, said, rows):
    finding = found(CLEAN + more)[code]
    assert finding.severity == severity
    assert said in finding.message
    assert finding.rows[: len(rows)] == rows


def test_rows_are_told_in_the_order_of_the_file_though_a_split_shuffled_them():
    examples = rows_of([*CLEAN, ("first 0", "a")])
    shuffled = examples.take([16, *range(16)])
    (finding,) = [f for f in check(shuffled, None) if f.code == "duplicates"]
    assert finding.rows == ["train.csv:18"]


def test_a_shared_row_flatters_the_test():
    finding = found(CLEAN, [("FIRST 0", "a"), ("new", "b")])["shared"]
    assert finding.severity == "warning"
    assert finding.message.startswith("1 test row is also in training, 50.0 % of the test")
    assert finding.rows == ["test.csv:2"]


def test_a_test_label_never_learnt_is_an_error_and_the_near_one_is_named():
    finding = found(CLEAN, [("new", "B")])["unseen-labels"]
    assert finding.severity == "error"
    assert "Write 'b' for 'B'" in finding.message


def test_one_class_and_no_text_are_errors_and_come_first():
    findings = check(rows_of([("", "a"), (" ", "a")]), None)
    assert {f.code for f in findings if f.severity == "error"} == {"empty", "classes"}
    ranks = [f.severity for f in findings]
    assert ranks == sorted(ranks)


def test_no_rows_at_all_is_an_error():
    assert [f.severity for f in check(rows_of([]), None)] == ["error"]


def test_the_listing_is_capped_and_the_count_is_not():
    finding = found(CLEAN + [("same", "a")] * 301)["duplicates"]
    assert len(finding.rows) == 100
    assert finding.message.startswith("300 rows repeat")
