"""Windows: every word is scored exactly once, none is cut, none is too long."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from undercut.models.tagger.windows import windows

ROOM = 12
DOCUMENTS = st.lists(st.lists(st.integers(1, ROOM), min_size=1, max_size=40), max_size=8)


def made(document: list[list[int]]):
    tokens = np.array([t for sentence in document for t in sentence], np.int64)
    sentences = np.cumsum([0, *map(len, document)])
    return tokens, sentences, windows(tokens, sentences, ROOM)


@given(DOCUMENTS)
def test_every_word_is_scored_exactly_once_and_in_order(document):
    tokens, _, found = made(document)
    scored = [w for f in found for w in range(f.own_first, f.own_last)]
    assert scored == list(range(len(tokens)))
    for f in found:
        assert f.first <= f.own_first < f.own_last <= f.last
        assert tokens[f.first : f.last].sum() <= ROOM


@given(DOCUMENTS)
def test_a_sentence_that_fits_is_never_cut(document):
    tokens, sentences, found = made(document)
    for a, b in itertools.pairwise(sentences):
        if tokens[a:b].sum() <= ROOM:
            assert any(f.own_first <= a and b <= f.own_last for f in found)


@given(DOCUMENTS)
def test_sentences_that_fit_together_are_read_together(document):
    tokens, _, found = made(document)
    edges = set(made(document)[1].tolist())
    whole = [f for f in found if {f.first, f.last} <= edges]
    for one, two in itertools.pairwise(whole):
        if one.last != two.first:
            continue
        sentence = next(b for b in made(document)[1] if b > two.first)
        assert tokens[one.first : sentence].sum() > ROOM


def test_a_word_in_a_long_sentence_is_scored_where_it_is_far_from_the_edge():
    tokens = np.ones(100, np.int64)
    found = windows(tokens, np.array([0, 100]), ROOM)
    assert len(found) > 8
    for f in found:
        for word in range(f.own_first, f.own_last):
            before, after = word - f.first, f.last - 1 - word
            assert before >= 3 or f.first == 0
            assert after >= 2 or f.last == 100


def test_no_words_make_no_windows():
    assert windows(np.zeros(0, np.int64), np.array([0]), ROOM) == []
