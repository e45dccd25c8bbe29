"""A tier answers what it is sure of; only the rest reaches the next one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.contracts import Scored
from undercut.economics.tiers import answered_by, reached
from undercut.models.cascade.cache import Answers, near_key
from undercut.models.cascade.tiers import CascadeScorer, confidence, make_scorer

K = 3


class Child:
    """Scores that depend on the input alone, and a note of what was asked."""

    def __init__(self, seed, silent=0.0):
        self.seed, self.silent, self.seen = seed, silent, []

    def row(self, value):
        rng = np.random.default_rng([self.seed, *str(value).encode()])
        if rng.random() < self.silent:
            return np.full(K, -np.log(K), np.float32)
        x = 3 * rng.normal(size=K)
        return (x - np.log(np.exp(x).sum())).astype(np.float32)

    def score(self, inputs):
        self.seen += inputs
        return Scored(np.stack([self.row(v) for v in inputs]), [len(v) > 3 for v in inputs])


def cascade(children, thresholds, **cache):
    names = [f"t{i}" for i in range(len(children))]
    config = {"thresholds": dict(zip(names, thresholds, strict=False)), "cache": cache}
    return CascadeScorer(dict(zip(names, children, strict=True)), config)


texts = st.lists(st.integers(0, 9999).map(str), min_size=1, max_size=30)
limits = st.lists(st.sampled_from([0.0, 0.4, 0.6, 0.9, 1.1]), min_size=2, max_size=2)


@settings(max_examples=60, deadline=None)
@given(texts, limits, st.sampled_from([0.0, 0.3, 1.0]))
def test_the_answer_is_that_of_the_tier_the_thresholds_name(inputs, thresholds, silent):
    children = [Child(0, silent), Child(1), Child(2, silent)]
    found = cascade(children, thresholds).score(inputs)
    said = [np.stack([c.row(v) for v in inputs]) for c in children]
    sure = np.stack([confidence(rows) for rows in said])
    by = answered_by(sure, thresholds)
    assert list(found.tiers) == [f"t{i}" for i in by]
    np.testing.assert_array_equal(found.log_probs, np.stack([said[t][i] for i, t in enumerate(by)]))
    shares = reached(sure, thresholds)
    assert [len(c.seen) for c in children] == [round(s * len(inputs)) for s in shares]
    assert list(found.truncated) == [len(v) > 3 for v in inputs]


@settings(max_examples=30, deadline=None)
@given(texts, limits)
def test_answers_do_not_depend_on_the_batch(inputs, thresholds):
    def made():
        return cascade([Child(0, 0.2), Child(1), Child(2)], thresholds)

    whole, one = made().score(inputs), made()
    for i, value in enumerate(inputs):
        alone = one.score([value])
        np.testing.assert_array_equal(alone.log_probs[0], whole.log_probs[i])
        assert alone.tiers[0] == whole.tiers[i]


def test_nobody_says_anything_and_it_still_answers():
    found = cascade([Child(0, 1.0), Child(1, 1.0)], [0.5]).score(["a", "b"])
    np.testing.assert_allclose(np.exp(found.log_probs), 1 / K, rtol=1e-5)


def test_children_are_asked_in_the_order_of_the_manifest():
    manifest = SimpleNamespace(
        children=[SimpleNamespace(name=n) for n in ("b", "a")],
        config={"thresholds": {"b": 1.1}},
    )
    assert list(make_scorer(manifest, {"a": Child(0), "b": Child(1)}).children) == ["b", "a"]


def test_the_cache_answers_what_was_passed_on_before_and_only_that():
    first, second = Child(0), Child(1)
    scorer = cascade([first, second], [1.1], exact=2)
    before = scorer.score(["a", "b"])
    again = scorer.score(["a", "b"])
    np.testing.assert_array_equal(before.log_probs, again.log_probs)
    assert list(again.tiers) == ["t1", "t1"]
    assert second.seen == ["a", "b"]  # not asked again
    assert (scorer.cache.looked, scorer.cache.hits) == (4, 2)
    scorer.score(["c"])  # the oldest goes: two are kept
    scorer.score(["a"])
    assert second.seen == ["a", "b", "c", "a"]
    assert len(scorer.cache) == 2
    kept = cascade([first, Child(2)], [1.1], exact=2).score(["a"])
    np.testing.assert_array_equal(kept.log_probs[0], Child(2).row("a"))  # another model, no hit


def test_a_near_text_shares_an_answer_when_asked_to():
    second = Child(1)
    scorer = cascade([Child(0), second], [1.1], near=10)
    scorer.score(["Where is my card?"])
    scorer.score(["where is  my card"])
    assert len(second.seen) == 1
    assert scorer.cache.near_hits == 1
    scorer.score(["where is not my card"])
    assert len(second.seen) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("我的卡在哪里？", "我的卡在哪里", True),
        ("ＣＡＲＤ lost!", "card lost", True),
        ("pay 10", "pay 100", False),
        ("I don't", "I do", False),
        ("ok 😀", "ok 😡", False),
        ("£5", "$5", False),
    ],
)
def test_near_means_the_same_words(one, other, same):
    assert (near_key(one) == near_key(other)) == same


@given(st.lists(st.integers(0, 20).map(str), max_size=60), st.integers(0, 5))
def test_the_cache_is_bounded(values, most):
    cache = Answers(most, most)
    for v in values:
        cache.put(v, (np.zeros(1), "t", False))
        assert len(cache) <= 2 * most
