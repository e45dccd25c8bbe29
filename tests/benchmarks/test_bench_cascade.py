"""The streams are what they are called, and the tables hold every row."""

from __future__ import annotations

from collections import Counter

from benchmarks import cascade, cascade_tables, datasets


def rows(n, label="a"):
    return datasets.Rows([f"{label}{i}" for i in range(n)], [label] * n)


def test_a_skewed_stream_repeats_a_few_rows():
    found = cascade.skewed(rows(500), 0)
    assert len(found) == cascade.STREAM
    counts = Counter(found.texts).most_common()
    assert counts[0][1] > 0.1 * cascade.STREAM
    assert len(counts) > 100
    assert found == cascade.skewed(rows(500), 0) != cascade.skewed(rows(500), 1)


def test_a_drifted_stream_has_rows_to_which_no_label_is_right():
    found = cascade.drifted(rows(50), rows(50, "z"), 0)
    outside = [t for t, label in zip(found.texts, found.labels, strict=True) if not label]
    assert len(outside) == round(cascade.OUTSIDE * cascade.STREAM)
    assert all(t.startswith("z") for t in outside)
    assert found.labels[:100] != sorted(found.labels[:100])


def test_the_tables_tell_goals_streams_and_what_was_refused():
    base = {"dataset": "banking77", "seed": 0, "accuracy": 0.94, "last_accuracy": 0.942,
            "texts_per_second": 8000.0, "last_texts_per_second": 1000.0, "times": 8.0}  # fmt: skip
    goal = base | {
        "name": "max drop 0.01", "first": "linear", "last": "partial", "difference": -0.002,
        "difference_low": -0.006, "difference_high": 0.002, "p_value": 0.4, "escalated_on_validation": 0.2,
    }  # fmt: skip
    stream = base | {
        "name": "drifted stream", "p_value": 0.5, "escalated": 0.2, "escalated_outside": 0.9,
        "cached_texts_per_second": 9000.0, "hit_share": 0.1,
    }  # fmt: skip
    refused = {"dataset": "sst2", "seed": 0, "name": "max drop 0.005", "refused": "too few rows"}
    shown = cascade_tables.tables([goal, stream, refused])
    assert "-0.20 (-0.60 to +0.20)" in shown
    assert "90.0 %" in shown
    assert "- sst2, max drop 0.005: too few rows" in shown
