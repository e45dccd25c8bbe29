"""The splitter: words cover the text, sentences cover the words, tokens keep their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.tasks.token_classification.words import words_of

TEXTS = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=("Cs",)), st.sampled_from("a.B ，。中文'-\n1")
    ),
    max_size=80,
)
TOKENS = st.text(alphabet="abZ9中文，.-'", min_size=1, max_size=5)


@given(TEXTS)
def test_words_hold_every_character_that_is_not_white_space(text):
    w = words_of(text)
    assert w.text == text
    assert (w.starts < w.ends).all()
    assert (w.starts[1:] >= w.ends[:-1]).all()
    covered = set()
    for a, b in zip(w.starts.tolist(), w.ends.tolist(), strict=True):
        covered |= set(range(a, b))
    assert {i for i, c in enumerate(text) if not c.isspace()} <= covered


@given(TEXTS)
def test_sentences_divide_the_words(text):
    w = words_of(text)
    assert w.sentences[-1] == len(w)
    assert w.sentences[0] == 0
    assert (w.sentences[1:] > w.sentences[:-1]).all()


@given(st.lists(st.lists(TOKENS, min_size=1, max_size=6), min_size=1, max_size=4))
def test_tokens_stand_in_their_text(document):
    w = words_of(document)
    assert w.words == [t for s in document for t in s]
    assert w.sentences.tolist()[:-1] == [sum(map(len, document[:i])) for i in range(len(document))]
    one = words_of(document[0])
    assert one.words == document[0]
    assert w.text.startswith(one.text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("U.S. envoy J. Smith", ["U.S.", "envoy", "J.", "Smith"]),
        ("AL-AIN 1996-08-22 3.5", ["AL-AIN", "1996-08-22", "3.5"]),
        ("He's here, isn't he?", ["He", "'s", "here", ",", "is", "n't", "he", "?"]),
        ('"Good," ($100)', ['"', "Good", ",", '"', "(", "$", "100", ")"]),
        ("吴重阳，iPhone手机", ["吴", "重", "阳", "，", "iPhone", "手", "机"]),
        ("me@x.com https://a.b/c?d.", ["me@x.com", "https://a.b/c?d", "."]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("naïve Müller", ["naïve", "Müller"]),
        ("dans l'Angleterre", ["dans", "l'", "Angleterre"]),
        ("done.Then", ["done", ".", "Then"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_words_of_known_texts(text, words):
    assert words_of(text).words == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three", 3),
        ("Mr. Smith of St. Louis left. He won.", 2),
        ("at 3.5 per cent. then more", 1),
        ("他来了。她走了！“真的？”好", 4),
        ("line\nbreak", 2),
        ("一行\r\n二行", 2),
    ],
)
def test_sentences_of_known_texts(text, sentences):
    assert len(words_of(text).sentences) - 1 == sentences


def test_chinese_tokens_are_joined_without_spaces_and_others_with_one():
    assert words_of(["吴", "重", "阳", "in", "Rome"]).text == "吴重阳 in Rome"
    assert words_of([["a"], ["中", "国"]]).text == "a\n中国"
