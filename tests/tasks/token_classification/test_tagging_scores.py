"""Strict entity scores, set against seqeval and an independent count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.contracts import Scored
from undercut.core.errors import UndercutError
from undercut.core.types import Examples
from undercut.tasks.token_classification.scheme import tags
from undercut.tasks.token_classification.task import TokenClassification

TASK = TokenClassification()
LABELS = tags(["LOC", "ORG", "PER"])
SENTENCES = st.lists(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=7),
    min_size=1,
    max_size=6,
)


def scored(tagged: list[str], labels=LABELS, sure: float = 0.9) -> np.ndarray:
    """Return log-probabilities that are sure of the tags."""
    p = np.full((len(tagged), len(labels)), (1 - sure) / (len(labels) - 1))
    p[np.arange(len(tagged)), [labels.index(t) for t in tagged]] = sure
    return np.log(p)


def mended(codes: list[int]) -> list[str]:
    """Return well-formed tags: an I- without its B- becomes one."""
    found: list[str] = []
    for k in codes:
        tag = LABELS[k]
        before = found[-1] if found else "O"
        if tag.startswith("I-") and before[2:] != tag[2:]:
            tag = f"B-{tag[2:]}"
        found.append(tag)
    return found


def spans(tagged: list[str]) -> list[tuple[int, int, str]]:
    """Read entities from tags one by one: another way than the task's own."""
    found, start = [], None
    for i, tag in enumerate([*tagged, "O"]):
        if start is not None and not tag.startswith("I-"):
            found.append((start, i, tagged[start][2:]))
            start = None
        if tag.startswith("B-"):
            start = i
    return found


def rows(sentences: list[list[str]]) -> Examples:
    inputs, targets = [], []
    for tagged in sentences:
        tokens = [f"w{i}" for i in range(len(tagged))]
        ends = np.cumsum([len(t) + 1 for t in tokens]) - 1
        starts = ends - [len(t) for t in tokens]
        inputs.append(tokens)
        targets.append([[int(starts[a]), int(ends[b - 1]), k] for a, b, k in spans(tagged)])
    return Examples(inputs, targets, [f"f:{i}" for i in range(len(inputs))])


@settings(max_examples=60)
@given(SENTENCES)
def test_precision_recall_and_f1_are_those_of_a_plain_count(sample):
    gold = [mended([a for a, _ in s]) for s in sample]
    given_ = [mended([b for _, b in s]) for s in sample]
    examples = rows(gold)
    x = scored([t for s in given_ for t in s])
    judged = TASK.judge(x, examples, LABELS)
    wanted = {(i, *e) for i, s in enumerate(gold) for e in spans(s)}
    answered = {(i, *e) for i, s in enumerate(given_) for e in spans(s)}
    hits = len(wanted & answered)
    both = len(wanted) + len(answered)
    assert judged.quality.value == pytest.approx(2 * hits / both if both else 0.0)
    assert judged.quality.low <= judged.quality.value <= judged.quality.high
    assert int(judged.found.sum()) == hits
    right = [spans(a) == spans(b) for a, b in zip(gold, given_, strict=True)]
    assert judged.right.tolist() == right
    e = TASK.evaluate(x, examples, LABELS, split="s")
    assert e.micro_precision == pytest.approx(hits / len(answered) if answered else 0.0)
    assert e.micro_recall == pytest.approx(hits / len(wanted) if wanted else 0.0)
    assert sum(c.support for c in e.classes) == len(wanted) == e.things
    assert e.quality == judged.quality
    missed = sum(c.count for c in e.confusions if c.target != "(nothing)")
    assert missed == len(wanted) - hits
    made_up = sum(c.count for c in e.confusions if c.answer != "(nothing)")
    assert made_up == len(answered) - hits
    assert e.per_unit is not None
    assert e.per_unit.units == sum(map(len, gold))
    flat = [(a, b) for s, t in zip(gold, given_, strict=True) for a, b in zip(s, t, strict=True)]
    assert e.accuracy.value == pytest.approx(np.mean([a == b for a, b in flat]))
    inside = [(a, b) for a, b in flat if a != "O" or b != "O"]
    hit = sum(a == b for a, b in inside)
    n = sum(a != "O" for a, _ in flat) + sum(b != "O" for _, b in flat)
    assert e.per_unit.micro_f1 == pytest.approx(2 * hit / n if n else 0.0)


@settings(max_examples=60)
@given(SENTENCES)
def test_scores_are_those_of_seqeval_in_strict_mode(sample):
    metrics = pytest.importorskip("seqeval.metrics", reason="seqeval is an extra for developers")
    from seqeval.scheme import IOB2

    gold = [mended([a for a, _ in s]) for s in sample]
    given_ = [mended([b for _, b in s]) for s in sample]
    e = TASK.evaluate(scored([t for s in given_ for t in s]), rows(gold), LABELS, split="s")
    theirs = metrics.classification_report(
        gold, given_, mode="strict", scheme=IOB2, output_dict=True, zero_division=0
    ) if any(t != "O" for s in [*gold, *given_] for t in s) else {}  # fmt: skip
    for c in e.classes:
        if c.label in theirs:
            found = theirs[c.label]
            assert (c.precision, c.recall, c.f1, c.support) == pytest.approx(
                (found["precision"], found["recall"], found["f1-score"], found["support"])
            )
    if theirs:
        assert e.micro_f1 == pytest.approx(theirs["micro avg"]["f1-score"])
        assert e.macro_f1.value == pytest.approx(theirs["macro avg"]["f1-score"])


def test_malformed_scores_earn_nothing():
    gold = ["B-PER", "I-PER", "O"]
    likely = scored(["I-PER", "I-PER", "O"], sure=0.99)
    likely[0, LABELS.index("O")] = np.log(0.009)
    likely -= np.log(np.exp(likely).sum(1, keepdims=True))
    answer = TASK.decode(Scored(likely, [False]), [["w0", "w1", "w2"]], LABELS)[0]
    named = [(e.start, e.end, e.type) for e in answer.entities]
    assert named in ([(0, 5, "PER")], [])
    judged = TASK.judge(likely, rows([gold]), LABELS)
    assert bool(judged.right[0]) == (named == [(0, 5, "PER")])


def test_an_entity_that_words_cannot_form_is_missed_not_dropped():
    examples = Examples(["Visit York-based Acme"], [[[6, 10, "LOC"], [17, 21, "ORG"]]], ["f:1"])
    labels = TASK.label_space(examples.targets)
    y = TASK.encode(examples, labels)
    assert [labels[k] for k in y] == ["O", "B-LOC", "B-ORG"]
    judged = TASK.judge(scored([labels[k] for k in y], labels), examples, labels)
    assert judged.found.tolist() == [False, True]
    assert judged.quality.value == pytest.approx(0.5)  # York-based is one wrong answer


def test_offsets_are_of_the_original_text_chinese_included():
    text = "吴重阳，中国国籍。\n任Acme公司CEO"
    examples = Examples([text], [[[0, 3, "NAME"], [11, 17, "ORG"]]], ["f:1"])
    labels = TASK.label_space(examples.targets)
    y = TASK.encode(examples, labels)
    answer = TASK.decode(Scored(scored([labels[k] for k in y], labels), [False]), [text], labels)
    assert [(e.start, e.end, e.type, e.text) for e in answer[0].entities] == [
        (0, 3, "NAME", "吴重阳"), (11, 17, "ORG", "Acme公司"),
    ]  # fmt: skip
    assert all(text[e.start : e.end] == e.text for e in answer[0].entities)


def test_an_entity_across_sentences_starts_anew():
    examples = Examples(["in New\nYork"], [[[3, 11, "LOC"]]], ["f:1"])
    labels = TASK.label_space(examples.targets)
    assert [labels[k] for k in TASK.encode(examples, labels)] == ["O", "B-LOC", "B-LOC"]


def test_equal_answers_have_equal_codes():
    x = scored(["B-PER", "I-PER", "O", "B-PER", "I-PER", "O", "O", "O", "O"])
    codes = TASK.answers(x, [["a", "b", "c"]] * 3, LABELS)
    assert codes[0] == codes[1] != codes[2]


def test_types_nobody_knows_are_named_at_once():
    examples = Examples([["a"], ["b"]], [[[0, 1, "PRE"]], [[0, 1, "LOK"]]], ["f:1", "f:2"])
    with pytest.raises(UndercutError) as e:
        TASK.encode(examples, LABELS)
    assert e.value.code == "label-unknown"
    assert [p.found for p in e.value.problems] == ["'LOK'", "'PRE'"]


def test_nothing_to_evaluate_is_one_error():
    with pytest.raises(UndercutError, match="at least one labelled row"):
        TASK.evaluate(np.zeros((0, len(LABELS))), Examples([], [], []), LABELS, split="s")


def test_pseudo_inputs_keep_their_form():
    inputs = ["王勇，男，董事长。", ["a", "b", "c"], [["a", "b"], ["c"]]]
    made = TASK.unlabelled(inputs, 30, 1)
    assert made == TASK.unlabelled(inputs, 30, 1)
    assert {type(x) for x in made} == {str, list}


def test_a_rival_is_told_types_and_would_answer_json():
    assert "- LOC" in TASK.rival_prompt(LABELS)
    answer = TASK.rival_answer("吴重阳在家", [[0, 3, "PER"]])
    assert answer == '[{"text": "吴重阳", "type": "PER"}]'


def test_an_entity_is_as_sure_as_its_least_sure_word_and_that_it_ends():
    x = scored(["B-PER", "I-PER", "O", "B-LOC"])
    x[2] = np.log(np.where(np.arange(7) == 0, 0.7, 0.05))
    x[2, LABELS.index("I-PER")] = np.log(0.2)
    x[2] -= np.log(np.exp(x[2]).sum())
    tokens = [["w0", "w1", "w2", "w3"]]
    first, second = TASK.decode(Scored(x, [False]), tokens, LABELS)[0].entities
    assert first.probability == pytest.approx(1 - np.exp(x[2, LABELS.index("I-PER")]))
    assert second.probability == pytest.approx(0.9)  # nothing follows it
