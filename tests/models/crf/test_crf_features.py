"""Features of words: of the word, its neighbours, its document and the lists; never the batch."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.models.crf.features import EVERY, FeatureSpec, featurise
from undercut.models.crf.frontend import gathered, layout_of
from undercut.models.crf.gazetteer import (
    EMPTY,
    FIRST,
    LAST,
    ONLY,
    compile_lists,
    hashes_of,
    positions,
)
from undercut.models.crf.lexicon import normal, shape

SPEC = FeatureSpec()
TOKENS = st.sampled_from(
    ["Rome", "ROME", "rome", "in", "1996", "U.S.", "张", "三", "北", "京", "é", "-", "\U0001f600"]
)
DOCUMENTS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.lists(TOKENS, max_size=6),
        st.lists(st.lists(TOKENS, max_size=5), max_size=4),
    ),
    max_size=6,
)


def features(inputs, spec=SPEC, gazetteer=EMPTY):
    return featurise(layout_of(inputs), spec, gazetteer)


@settings(max_examples=80, deadline=None)
@given(DOCUMENTS)
def test_an_input_does_not_see_its_neighbours_in_the_batch(inputs):
    together = features(inputs)
    alone = [features([value]) for value in inputs]
    np.testing.assert_array_equal(
        together, np.concatenate([a for a in alone if len(a)] or [together[:0]])
    )


def test_tokens_and_the_same_text_have_the_same_features():
    text = "Mr. Smith lives in Rome"
    np.testing.assert_array_equal(features([text]), features([text.split(" ")]))
    np.testing.assert_array_equal(features(["张三在北京"]), features([list("张三在北京")]))


def test_shapes_and_normal_forms():
    assert shape("McDonald-3.5") == "AaAaaaaa-0.0"
    assert shape("张") == "o"
    assert normal("ＡＢ１２") == "ab00"
    assert normal("Straße") == "straße"


def test_every_word_has_the_feature_of_every_word():
    assert (features(["one two 三"])[:, 0] == EVERY).all()


def test_the_document_tells_how_a_word_is_written_elsewhere():
    alone = [["BLACK", "WINS"]]
    name = [["BLACK", "WINS"], ["Yesterday", "Bill", "Black", "won"]]
    colour = [["BLACK", "WINS"], ["a", "black", "horse", "won"]]
    rows = [features([d])[0] for d in (alone, name, colour)]
    for a, b in itertools.combinations(rows, 2):
        assert (a != b).any()
    without = FeatureSpec(document=False)
    plain = [features([d], without)[0] for d in (name, colour)]
    np.testing.assert_array_equal(*plain)


def lists_of(layout, spans, longest=4):
    first, last, kind = (np.array(c) for c in zip(*spans, strict=True))
    at, keys = hashes_of(layout, first, last, longest)
    document = layout.document[layout.sentence[first[at]]]
    return compile_lists(keys, kind[at], document, 2, longest)


def test_the_longest_listed_phrase_counts_and_its_words_know_their_place():
    learnt = layout_of([[["New", "York"], ["York"]]])
    lists, _ = lists_of(learnt, [(0, 2, 0), (2, 3, 1)])
    found = positions(layout_of([["in", "new", "York", ",", "YORK"]]), lists)
    assert found[:, 0].tolist() == [0, FIRST, LAST, 0, 0]
    assert found[:, 1].tolist() == [0, 0, ONLY, 0, ONLY]


def test_a_phrase_does_not_run_over_the_end_of_a_sentence():
    lists, _ = lists_of(layout_of([["New", "York"]]), [(0, 2, 0)])
    assert not positions(layout_of([[["New"], ["York"]]]), lists).any()


def test_in_training_a_document_does_not_find_what_only_it_has():
    layout = layout_of([[["Rome"], ["Rome"]], ["Rome", "Oslo"], ["Oslo"]])
    lists, owner = lists_of(layout, [(0, 1, 0), (1, 2, 0), (3, 4, 0)])
    alone = positions(layout, lists, owner)[:, 0].tolist()
    assert alone == [0, 0, ONLY, 0, ONLY]  # its own Rome and Oslo are not news to a document
    both, owner = lists_of(layout, [(0, 1, 0), (2, 3, 0)])
    assert positions(layout, both, owner)[:, 0].tolist() == [ONLY, ONLY, ONLY, 0, 0]


@pytest.mark.parametrize("bad", [3, None, ["a", 1], [["a"], "b"], [[1]], {"text": "a"}])
def test_what_is_neither_text_nor_tokens_is_refused(bad):
    with pytest.raises(UndercutError, match="expected a text, a list of tokens"):
        layout_of(["fine", bad])


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), max_size=8))
def test_gathered_ranges_follow_one_another(ranges):
    starts, sizes = (np.array([r[i] for r in ranges], np.int64) for i in (0, 1))
    expected = [x for a, n in ranges for x in range(a, a + n)]
    assert gathered(starts, sizes).tolist() == expected
