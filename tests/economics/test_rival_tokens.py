"""Counting the tokens a rival would bill."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics import tokens as t

pytestmark = pytest.mark.filterwarnings("error")


def test_known_counts_in_english_and_chinese():
    counts = t.count_tokens(["", "hello world", "你好，世界"])
    assert counts.tolist() == [0, 2, 3]


def test_the_overhead_reproduces_the_count_published_for_gpt_4o():
    messages = [
        "You are a helpful, pattern-following assistant that translates corporate jargon into "
        "plain English.",
        "New synergies will help drive top-line growth.",
        "Things working well together will increase revenue.",
        "Let's circle back when we have more bandwidth to touch base on opportunities for "
        "increased leverage.",
        "Let's talk later when we're less busy about how to do better.",
        "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    ]
    names = ["example_user", "example_assistant"] * 2
    named = int(t.count_tokens(names).sum()) + len(names)  # a name costs one token more
    assert int(t.count_tokens(messages).sum()) + t.chat_overhead(6) + named == 124


def test_a_prompt_is_the_instruction_the_text_and_the_format():
    both = t.prompt_tokens("hello world", ["hello world", ""])
    assert both.tolist() == [2 + 2 + 4 + 4 + 3, 2 + 4 + 4 + 3]
    assert t.prompt_tokens("", ["hello world"]).tolist() == [2 + 4 + 3]


def test_special_names_and_broken_text_count_as_text():
    assert t.count_tokens(["<|endoftext|>"])[0] > 1
    assert t.count_tokens(["\ud800 x"])[0] > 0


def test_a_text_longer_than_the_encoder_takes_is_counted_in_pieces():
    assert t.count_tokens(["ab " * 100_000])[0] == pytest.approx(100_001, abs=20)
    assert t.count_tokens(["a\n" * 600_000])[0] > 100_000  # above one million characters


@settings(max_examples=50)
@given(st.lists(st.text(max_size=50), max_size=5))
def test_counts_do_not_depend_on_the_batch(texts):
    alone = [int(t.count_tokens([text])[0]) for text in texts]
    assert t.count_tokens(texts).tolist() == alone
    assert all(n <= len(text.encode("utf-8", "replace")) * 3 for n, text in zip(alone, texts))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
@example("don't I'LL we'Re  naïve ÀÉ\r\n\r\n\t 123456 1,234.5")
@example("你好，世界！मानक हिन्दी ไทย العربية")
@example("🏳️\u200d🌈👩\u200d👩\u200d👧 ǅungla ʰ ªº ⅷ")
def test_counts_are_those_of_another_o200k_encoder(text):
    bpe_openai = pytest.importorskip("bpe_openai")
    other = bpe_openai.get_encoding("o200k_base").encode_ordinary(text)
    assert t.count_tokens([text])[0] == len(other)


def test_answers_are_weighted_by_how_often_they_occur():
    assert t.label_tokens(["hello", "hello world"]) == pytest.approx(1.5)
    assert t.label_tokens(["hello", "hello world"], {"hello": 3, "hello world": 1}) == 1.25
    with pytest.raises(UndercutError, match="at least one label"):
        t.label_tokens(["hello"], {"other": 3})


def test_the_request_size_is_a_rounded_mean_with_quantiles():
    size = t.request_size("hello world", ["hello world", "", "hello"], ["hello", "hello world"])
    assert size.input_mean == pytest.approx(14)
    assert (size.input_tokens, size.output_tokens) == (14, 2)
    assert size.output_mean == 1.5
    assert (size.input_p50, size.input_max, size.texts) == (14, 15, 3)
    assert size.encoding == "o200k_base"


def test_what_is_not_text_is_refused_with_its_place():
    with pytest.raises(UndercutError) as e:
        t.count_tokens(["fine", None, 3])
    assert [p.where for p in e.value.problems] == ["texts[1]", "texts[2]"]
    with pytest.raises(UndercutError, match="a list of texts"):
        t.count_tokens("one text")
    with pytest.raises(UndercutError, match="at least one text"):
        t.request_size("x", [], ["a"])
