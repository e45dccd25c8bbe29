"""Rules match in one form of text, the first one answers, and none says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from undercut.core.types import Manifest
from undercut.models.cascade.tiers import confidence
from undercut.models.rules.explain import RulesExplainer
from undercut.models.rules.rule import Rule, Rules
from undercut.models.rules.scorer import make_scorer

LABELS = ("a", "b", "c")


def rule(pattern, label="a", kind="word", terms=()):
    return Rule(pattern, label, kind, "r:1", terms)


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "matches"),
    [
        ("word", "card", "my CARD is lost", True),
        ("word", "card", "cardboard", False),
        ("word", "card", "discard", False),
        ("word", "card", "ｃａｒｄ！", True),
        ("word", "退款", "我要退款了", True),
        ("word", "money back", "Money \n back please", True),
        ("literal", "card", "cardboard", True),
        ("lexicon", "terms", "please refund me", True),
        ("lexicon", "terms", "refunded", False),
    ],
)
def test_where_a_rule_matches(kind, pattern, text, matches):
    found = Rules([rule(pattern, kind=kind, terms=("refund", "退钱") if kind == "lexicon" else ())])
    assert (found.first(text) == 0) == matches


def test_expressions_match_in_linear_time_and_ignore_case():
    pytest.importorskip("re2")
    found = Rules([rule(r"^(A+)+$", kind="regex"), rule("退(款|钱)", kind="regex")])
    assert found.first("a" * 200_000 + "!") == -1  # never ends with backtracking
    assert found.first("aaa") == 0
    assert found.first("我要退钱") == 1
    assert found.first("\ud800 退款") == 1  # half a surrogate pair


def manifest():
    rules = [
        {"pattern": "lost card", "label": "b", "kind": "word", "where": "r:2", "precision": 0.9},
        {"pattern": "card", "label": "c", "kind": "word", "where": "r:3", "precision": 0.8},
    ]
    return Manifest(
        name="rules",
        task="text-classification",
        architecture="rules",
        format="rules",
        labels=LABELS,
        config={"rules": rules},
    )


def test_the_first_rule_that_matches_answers_as_sure_as_it_was_measured():
    scored = make_scorer(manifest(), {}).score(["a lost  card", "card", "nothing", ""])
    p = np.exp(scored.log_probs.astype(float))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(p[0], [0.05, 0.9, 0.05], rtol=1e-5)
    assert p[1].argmax() == 2
    np.testing.assert_allclose(confidence(scored.log_probs), [0.9, 0.8, 0, 0], rtol=1e-5)


@pytest.mark.parametrize("text", ["my ＬＯＳＴ   card!", "none", "", "ﬁ card ﬁ"])
def test_the_matched_characters_explain_it(text):
    found = RulesExplainer(manifest()).attribute(text, [0, 1, 2])
    np.testing.assert_allclose(found.gap, 0, atol=1e-6)
    if "card" in text:
        marked = "".join(c for c, s in zip(text, found.shares.any(axis=1), strict=True) if s)
        assert marked in ("ＬＯＳＴ card", "card")
