"""Shares of a linear answer: they add up to its score exactly, and lie where the words are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.models.linear import files
from undercut.models.linear.explain import LinearExplainer
from undercut.models.linear.ngrams import NgramSpec
from undercut.models.linear.places import located
from undercut.models.linear.text import to_codes
from undercut.models.linear.tfidf import Vectoriser, fit_features

TEXTS = [
    "my card has not arrived",
    "where is my card",
    "The card, the CARD!",
    "我的快递还没到",
    "快递到了吗 app",
    "café ＦＵＬＬ ﬁne カード",
    "refund refund my refund",
]
SPEC = NgramSpec(bits=12)  # few buckets, so that n-grams collide
FEATURES, _ = fit_features(TEXTS, SPEC, 1)
RNG = np.random.default_rng(0)
TABLE = files.quantise(RNG.normal(size=(len(FEATURES.kept), 4)), RNG.normal(size=4))
EXPLAINER = LinearExplainer(FEATURES, TABLE, 0.5)
KNOWN = st.lists(st.sampled_from(" ".join(TEXTS).split()), max_size=12).map(" ".join)
ANY = st.text(st.characters(codec=None), max_size=40)


def scores(text, classes):
    """The scores as they are served, in double precision."""
    row = Vectoriser(FEATURES)([text])
    margins = row @ TABLE.weight.astype(np.float64) * TABLE.scale.astype(np.float64) + TABLE.bias
    return np.asarray(margins).ravel()[classes] / 0.5


@settings(max_examples=300, deadline=None)
@given(st.one_of(KNOWN, ANY, st.tuples(KNOWN, ANY).map("".join)))
def test_shares_and_start_are_the_score(text):
    found = EXPLAINER.attribute(text, [2, 0])
    assert found.shares.shape == (len(text), 2)
    np.testing.assert_allclose(found.scores, scores(text, [2, 0]), atol=1e-9)
    np.testing.assert_allclose(found.start + found.shares.sum(axis=0), found.scores, atol=1e-9)
    assert np.abs(found.gap).max() < 1e-9


@settings(max_examples=300, deadline=None)
@given(st.one_of(ANY, st.text("aeΣσς\u0301\u0323が゙ｶﾞﾊﾟ각ᄀ\u1161\u11a8ﬁİ \n\0Å", max_size=14)))
def test_every_code_point_knows_its_place(text):
    codes, begin, end = located(text)
    expected = to_codes([text])
    np.testing.assert_array_equal(codes.code, expected.code)
    assert len(begin) == len(end) == len(codes.code)
    assert (begin >= 0).all() and (begin <= end).all() and (end <= len(text)).all()
    assert (np.diff(begin) >= 0).all()


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Ab  c", {0: (0, 1), 1: (1, 2), 3: (4, 5)}),
        ("ﬁx", {0: (0, 1), 1: (0, 1), 2: (1, 2)}),
        ("e\u0301t", {0: (0, 2), 1: (2, 3)}),
        ("我 要", {0: (0, 1), 2: (2, 3)}),
        ("  Ｋ", {0: (2, 3)}),
        ("ｶﾞx", {0: (0, 2), 1: (2, 3)}),
    ],
)
def test_places_of_folded_letters(text, places):
    _, begin, end = located(text)
    solid = [(int(a), int(b)) for a, b in zip(begin, end, strict=True)][1:]
    for i, place in places.items():
        assert solid[i] == place


def test_a_word_without_features_gets_nothing():
    spec = NgramSpec(bits=21)  # so many buckets that nothing collides here
    features, _ = fit_features(TEXTS, spec, 1)
    weight = np.random.default_rng(1).normal(size=(len(features.kept), 2))
    found = LinearExplainer(features, files.quantise(weight, np.zeros(2)), 1.0).attribute(
        "card qqqzzz", [0, 1]
    )
    assert np.abs(found.shares[5:]).max() == 0
    assert np.abs(found.shares[:4]).min() > 0


def test_a_repeated_word_divides_its_share():
    alone = EXPLAINER.attribute("refund", [0]).shares.sum()
    assert alone == pytest.approx(float(scores("refund", [0])[0] - TABLE.bias[0] / 0.5))
    twice = EXPLAINER.attribute("refund\nx\nrefund", [0]).shares[:, 0]
    assert twice[1:5].sum() == pytest.approx(twice[10:14].sum(), abs=1e-9)
