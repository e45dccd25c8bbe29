"""The prompt that is priced is the prompt that is sent."""

from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.types import Examples
from undercut.economics.tokens import chat_overhead, count_tokens
from undercut.pipeline.rival.prompt import build
from undercut.tasks.text_classification.task import TextClassification

TASK = TextClassification()
TEXTS = st.text(max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(st.tuples(TEXTS, TEXTS), max_size=3))
def test_tokens_are_those_of_the_messages_sent(texts, shots):
    examples = Examples([t for t, _ in shots], [a for _, a in shots], ["x:1"] * len(shots))
    prompt = build(TASK, ("退款", "order status"), examples)
    for text, tokens in zip(texts, prompt.tokens(texts).tolist()):
        messages = prompt.messages(text)
        assert len(messages) == 2 + 2 * len(shots)
        contents = [m["content"] for m in messages]
        assert tokens == count_tokens(contents).sum() + chat_overhead(len(messages))


def test_examples_are_turns_before_the_text():
    prompt = build(TASK, ("a", "b"), Examples(["one", "two"], ["a", "b"], ["f:1", "f:2"]))
    roles = [m["role"] for m in prompt.messages("three")]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [m["content"] for m in prompt.messages("three")][1:] == ["one", "a", "two", "b", "three"]
    assert prompt.name == "2 examples" and build(TASK, ("a", "b")).name == "zero-shot"


def test_half_a_surrogate_pair_can_be_sent():
    assert build(TASK, ("a", "b")).messages("\ud800x")[-1]["content"] == "?x"


def test_the_estimate_of_the_price_page_counts_the_same_request():
    texts = ["where is my parcel", "我的快递到哪里了"]
    prompt = build(TASK, ("a", "b"))
    assert prompt.size(texts, ("a", "b")).input_mean == prompt.tokens(texts).mean()
