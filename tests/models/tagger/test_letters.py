"""Shapes and characters of words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from undercut.models.tagger.letters import CHARACTERS, SHAPES, characters_of, shape_of


def test_shapes_tell_case_digits_and_signs_apart():
    same = [("London", "Paris"), ("EU", "USA"), ("1996-08-22", "2001-12-01"), ("the", "of")]
    for one, two in same:
        assert shape_of(one) == shape_of(two)
    kinds = ["London", "EU", "the", "1996", "U.S.", "AL-AIN", "McDonald", "北京", "X", ","]
    assert len({shape_of(w) for w in kinds}) == len(kinds)


def test_case_is_seen_character_by_character():
    assert (characters_of("US") != characters_of("us")).any()
    long = "abcdefghij" + "-" * 30 + "klmnopqrst"
    assert (characters_of(long) == characters_of("abcdefghijklmnopqrst")).all()


@given(st.text(min_size=1, max_size=60))
def test_any_word_has_rows_within_the_tables(word):
    row = characters_of(word)
    assert row.shape == (20,)
    assert (row[: min(len(word), 20)] > 0).all()
    assert not row[len(word) :].any()
    assert row.max() < CHARACTERS
    assert 0 <= shape_of(word) < SHAPES
