"""From what an API wrote to a label: strictly."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from undercut.pipeline.rival.answers import parse
from undercut.tasks.text_classification.reply import QUOTES, STOPS, read_label
from undercut.tasks.text_classification.task import TextClassification

LABELS = ("refund_status", "Wrong item.", '"quoted"', "退款", "a b")
WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    "wrap", ["{}", " {}\n", '"{}"', "“{}”", "{}.", "「{}」。", '"{}".', "`{}`"]
)
def test_a_label_with_nothing_but_quotes_and_a_stop_around_it_counts(label, wrap):
    assert read_label(wrap.format(label), LABELS) == label


@pytest.mark.parametrize("label", LABELS)
def test_a_label_in_json_counts(label):
    assert read_label(json.dumps({"label": label}), LABELS) == label
    assert read_label(json.dumps({"label": label}, ensure_ascii=False, indent=1), LABELS) == label


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "The label is refund_status", "refund_status\nrefund_status", "Refund_status",
        "refund status", "refund_status!", "- refund_status", "**refund_status**", "refund_status,",
        "```json\n{\"label\": \"refund_status\"}\n```", '{"label": "refund_status", "why": "x"}',
        '{"label": ["refund_status"]}', '{"label": null}', '{"Label": "refund_status"}', "{", "null",
        '["refund_status"]', "refund_status or 退款", "'refund_status\"", '"refund_status', "[" * 5000,
        '{"a":' * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_no_label(text):
    assert read_label(text, LABELS) is None


def test_refusals_and_cut_answers_are_counted_apart_and_wrong():
    def kind(text, refused=False, cut=False):
        found = parse(text, "t", "a b", LABELS, TextClassification(), refused=refused, cut=cut)
        if found.kind != "answer":
            assert LABELS[found.units[0]] != "a b"
        return found.kind

    assert kind("a b", refused=True) == "refused"
    assert kind("", cut=True) == "cut"
    assert kind("a b", cut=True) == "answer"
    assert kind("A b") == "unparsed"


@given(st.lists(WORDS, min_size=1, max_size=6, unique=True), st.data())
def test_an_exact_label_is_always_read_as_itself(words, data):
    labels = [w.strip() for w in words if w.strip()]
    assume(labels)
    label = data.draw(st.sampled_from(labels))
    assert read_label(f"  {label}\n", labels) == label


@given(WORDS, WORDS, st.sampled_from(QUOTES), st.sampled_from(["", *STOPS]))
def test_a_label_read_is_a_label_that_was_written(text, label, quotes, stop):
    label = label.strip()
    assume(label)
    written = f"{quotes[0]}{text}{quotes[1]}{stop}"
    if read_label(written, [label]) is not None:
        assert label in written or label in text
