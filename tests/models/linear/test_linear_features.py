"""Texts to sparse rows: cleaned one way, counted as scikit-learn counts, alone or among others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from undercut.models.linear import tfidf
from undercut.models.linear.ngrams import NgramSpec, hashed
from undercut.models.linear.text import SINGLE, SPACE, WORD, to_codes
from undercut.models.linear.tfidf import Vectoriser, fit_features

TEXTS = [
    "my card has not arrived",
    "where is my card",
    "The card, the CARD!",
    "exchange rate please",
    "我的快递还没到",
    "快递到了吗",
    "",
    "top up failed",
]
SPEC = NgramSpec(bits=16)
ANY_TEXT = st.text(st.characters(codec=None), max_size=40)


def tokens(text):
    """Return the tokens of one text as the n-grams see them."""
    codes = to_codes([text])
    out, before = [], SPACE
    for code, kind in zip(codes.code, codes.kind, strict=True):
        if kind == WORD and before == WORD:
            out[-1] += chr(code)
        elif kind != SPACE:
            out.append(chr(code))
        before = kind
    return out


def dense(rows):
    return np.asarray(rows.todense())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where's my CARD?", ["where", "'", "s", "my", "card", "?"]),
        ("ＦＵＬＬ　ｗｉｄｔｈ １２", ["full", "width", "12"]),
        ("我要退款app", ["我", "要", "退", "款", "app"]),
        ("カード x", ["カ", "ー", "ド", "x"]),
        ("  a\t\n b\x00c ", ["a", "b", "c"]),
        ("café", ["café"]),
        ("", []),
    ],
)
def test_words_are_folded_and_ideographs_stand_alone(text, expected):
    assert tokens(text) == expected


def test_a_decomposed_accent_is_the_composed_one():
    assert tokens("cafe\u0301") == tokens("caf\u00e9")


def test_kinds_of_points():
    codes = to_codes(["a 我!😀"])
    assert codes.kind.tolist() == [SPACE, WORD, SPACE, SINGLE, SINGLE, SINGLE, SPACE]
    assert codes.row.tolist() == [-1, 0, 0, 0, 0, 0, 0]


def test_word_ngrams_count_like_scikit_learn():
    texts = ["a b a", "b c", "c c c a", "a b a b"]
    spec = NgramSpec(words=2, char_max=0, pairs=False, bits=20)
    _, rows = fit_features(texts, spec, 1)
    theirs = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+"
    ).fit_transform(texts)
    assert rows.shape == theirs.shape
    np.testing.assert_allclose(dense(rows @ rows.T), dense(theirs @ theirs.T), atol=1e-3)


def test_character_ngrams_count_like_scikit_learn():
    texts = ["where is my card", "card lost", "my lost cards"]
    spec = NgramSpec(words=0, char_min=3, char_max=4, pairs=False, bits=20)
    _, rows = fit_features(texts, spec, 1)
    # scikit-learn takes a word shorter than the n-gram whole, once; none is that short here but
    # "is" and "my", whose padded forms have exactly four characters.
    theirs = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True
    ).fit_transform(texts)
    assert rows.shape == theirs.shape
    np.testing.assert_allclose(dense(rows @ rows.T), dense(theirs @ theirs.T), atol=1e-3)


def test_words_and_characters_weigh_the_same():
    features, rows = fit_features(TEXTS, SPEC, 1)
    words = int(np.searchsorted(features.kept, SPEC.buckets // 2))
    squares = np.asarray(rows[:, :words].multiply(rows[:, :words]).sum(axis=1)).ravel()
    np.testing.assert_allclose(squares[:6], 0.5, atol=1e-5)
    assert squares[6] == 0


def test_fitting_and_applying_give_the_same_rows():
    features, rows = fit_features(TEXTS, SPEC, 2)
    again = Vectoriser(features)(TEXTS)
    assert (rows != again).nnz == 0
    assert rows.has_sorted_indices


def test_rare_ngrams_are_dropped():
    every, _ = fit_features(TEXTS, SPEC, 1)
    twice, _ = fit_features(TEXTS, SPEC, 2)
    assert set(twice.kept) < set(every.kept)
    row, bucket = hashed(TEXTS, SPEC)
    texts_of = {b: len(set(row[bucket == b].tolist())) for b in np.unique(bucket)}
    assert set(twice.kept.tolist()) == {b for b, n in texts_of.items() if n >= 2}


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=6), st.randoms())
def test_a_text_gives_the_same_row_alone_and_among_others(texts, rng):
    features, _ = fit_features(TEXTS, SPEC, 1)
    vectorise = Vectoriser(features)
    order = list(range(len(texts)))
    rng.shuffle(order)
    together = dense(vectorise([texts[i] for i in order]))
    for place, i in enumerate(order):
        np.testing.assert_array_equal(together[place], dense(vectorise([texts[i]]))[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_TEXT, max_size=6))
def test_rows_have_length_one_or_nothing(texts):
    features, _ = fit_features(TEXTS, SPEC, 1)
    rows = Vectoriser(features)(texts)
    assert rows.shape == (len(texts), len(features.kept))
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    assert all(abs(x - 1) < 1e-5 or x == 0 for x in lengths)


@settings(max_examples=40, deadline=None)
@given(st.lists(ANY_TEXT, max_size=6))
def test_buckets_lie_in_their_half(texts):
    for words, chars in ((2, 0), (0, 4)):
        row, bucket = hashed(texts, NgramSpec(words=words, char_max=chars, bits=10))
        low, high = (0, 512) if words else (512, 1024)
        assert ((bucket >= low) & (bucket < high)).all()
        assert ((row >= 0) & (row < max(len(texts), 1))).all()


def test_chunks_do_not_show(monkeypatch):
    features, whole = fit_features(TEXTS, SPEC, 1)
    monkeypatch.setattr(tfidf, "_CHUNK_CHARS", 20)
    split, rows = fit_features(TEXTS, SPEC, 1)
    np.testing.assert_array_equal(features.kept, split.kept)
    np.testing.assert_array_equal(dense(whole), dense(rows))


def test_no_ngram_crosses_from_one_text_to_the_next():
    spec = NgramSpec(words=3, bits=20)
    apart = {b for t in ("one two", "three four") for b in hashed([t], spec)[1].tolist()}
    assert set(hashed(["one two", "three four"], spec)[1].tolist()) == apart
