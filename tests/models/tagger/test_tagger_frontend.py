"""Documents to windows: every word once, offsets of tokens right, odd input harmless."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.samples import ODD_TEXTS, rows_of
from conformance.tiny_base import tiny_base
from undercut.models.tagger.frontend import TaggerFrontend
from undercut.tasks.token_classification.words import words_of

ROWS = rows_of("token-classification", 40, 0)
TEXTS = tuple(words_of(x).text for x in ROWS.inputs)
INPUTS = [*ROWS.inputs, *ODD_TEXTS, [], [[]], [["a"], [], ["b"]], ["refund " * 5, "\u200b"]]


@pytest.fixture
def frontend():
    return TaggerFrontend(tiny_base(TEXTS) / "tokenizer.json", 24)


def test_every_word_of_every_input_has_exactly_one_place(frontend):
    prepared = frontend.prepare(INPUTS)
    places = np.concatenate(prepared.places)
    assert sorted(places.tolist()) == list(range(sum(len(words_of(x)) for x in INPUTS)))
    assert max(prepared.sizes) <= 24
    assert len(prepared.truncated) == len(INPUTS)
    assert (np.diff(prepared.owners) >= 0).all()


def test_the_token_of_a_word_is_its_first(frontend):
    tokenizer = frontend.tokenizer
    prepared = frontend.prepare(ROWS.inputs)
    words = [w for x in ROWS.inputs for w in words_of(x).words]
    for i, piece in enumerate(prepared.items):
        for place, at in zip(prepared.places[i], piece.firsts, strict=True):
            want = tokenizer.encode(words[place], add_special_tokens=False).ids
            assert piece.ids[at : at + len(want)].tolist() == want
            assert len(set(piece.words[at : at + len(want)].tolist())) == 1


def test_a_batch_counts_words_across_windows(frontend):
    prepared = frontend.prepare([["send", "Ann"], ["Bob"]])
    arrays = frontend.collate(prepared, [1, 0])
    assert arrays["word_of"].tolist() == [[0, 1, 0, 0], [0, 2, 3, 0]]
    assert arrays["firsts"].tolist() == [1, 5, 6]
    assert arrays["attention_mask"].tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert arrays["characters"].shape == (3, 20)
    assert all(a.dtype == np.int64 for a in arrays.values())


def test_a_long_document_is_read_whole(frontend):
    long = ["order"] * 3000
    prepared = frontend.prepare([long, " ".join(long)])
    assert sum(len(p) for p in prepared.places) == 6000
    assert list(prepared.truncated) == [False, False]


def test_only_a_word_longer_than_a_window_counts_as_cut():
    texts = ("ab " * 3,)
    frontend = TaggerFrontend(tiny_base(texts) / "tokenizer.json", 8)
    prepared = frontend.prepare([["a" * 50], ["ab"]])  # ##a for every letter
    assert list(prepared.truncated) == [True, False]
    assert max(prepared.sizes) <= 8


def test_remembered_words_are_read_alike(frontend):
    first, again = (frontend.prepare(ROWS.inputs) for _ in range(2))
    for one, two in zip(first.items, again.items, strict=True):
        assert (one.ids == two.ids).all()
        assert (one.characters == two.characters).all()
