"""Entities to tags and back; the decoder gives well-formed tags only, and the best of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.tasks.token_classification.scheme import read, scheme_of, tags, write
from undercut.tasks.token_classification.viterbi import best_tags

SCHEMES = ["BI", "BIES"]


@st.composite
def tagged(draw):
    """Sentence borders and entities within sentences: first, last (exclusive), type."""
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    borders = np.cumsum([0, *lengths])
    spans = []
    for a, b in itertools.pairwise(borders.tolist()):
        at = a
        while at < b:
            n = draw(st.integers(0, b - at))
            if n:
                spans.append((at, at + n, draw(st.integers(0, 2))))
                at += n
            else:
                at += 1
    return borders, spans


@pytest.mark.parametrize("prefixes", SCHEMES)
@given(tagged())
def test_entities_to_tags_and_back(prefixes, sample):
    borders, spans = sample
    scheme = scheme_of(tags(["LOC", "ORG", "PER"], prefixes))
    first, last, kind = np.array(spans, np.int64).reshape(-1, 3).T
    written = write(scheme, first, last, kind, int(borders[-1]))
    back = read(scheme, written, borders)
    assert list(zip(*(x.tolist() for x in back), strict=True)) == spans


@pytest.mark.parametrize("prefixes", SCHEMES)
@settings(max_examples=40)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(0, 10_000))
def test_the_decoder_finds_the_best_of_all_well_formed_tags(prefixes, lengths, seed):
    labels = tags(["A", "B"], prefixes)
    scheme = scheme_of(labels)
    allowed = scheme.transitions()
    scores = np.random.default_rng(seed).normal(size=(sum(lengths), len(labels)))
    borders = np.cumsum([0, *lengths])
    found = best_tags(scores, borders, scheme)
    for a, b in itertools.pairwise(borders.tolist()):
        every = [
            p
            for p in itertools.product(range(len(labels)), repeat=b - a)
            if scheme.first[p[0]]
            and scheme.ends[p[-1]]
            and all(allowed[x, y] for x, y in itertools.pairwise(p))
        ]
        best = max(sum(scores[a + i, k] for i, k in enumerate(p)) for p in every)
        assert tuple(found[a:b].tolist()) in set(every)
        assert sum(scores[a + i, k] for i, k in enumerate(found[a:b])) == pytest.approx(best)


@pytest.mark.parametrize("bad", [-np.inf, np.nan])
def test_the_decoder_is_well_formed_whatever_the_scores(bad):
    labels = tags(["A"])
    scores = np.full((4, 3), bad)
    scores[:, 2] = 0.0  # I-A alone is likely, and may not start a sentence
    found = best_tags(scores, np.array([0, 1, 4]), scheme_of(labels))
    assert [labels[k] for k in found] != ["I-A"] * 4
    assert labels[found[0]] != "I-A"
    assert labels[found[1]] != "I-A"


def test_the_order_of_labels_does_not_matter():
    labels = ("I-X", "O", "B-X")
    scheme = scheme_of(labels)
    written = write(scheme, np.array([1]), np.array([3]), np.array([0]), 4)
    assert [labels[k] for k in written] == ["O", "B-X", "I-X", "O"]
