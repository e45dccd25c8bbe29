"""The words of an input: what a tag is given to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.tasks.token_classification import split
from undercut.tasks.token_classification.scripts import cjk


@dataclass(frozen=True)
class Words:
    """An input as one text, with its words and sentences.

    Attributes:
        text: the raw text; tokens are joined by a space, or by nothing between two CJK
            characters, and sentences by a line break.
        starts, ends: characters of each word in ``text``, end exclusive, ``int64 (w,)``.
        sentences: first word of each sentence, and ``w`` at the end, ``int64 (s + 1,)``.
    """

    text: str
    starts: np.ndarray
    ends: np.ndarray
    sentences: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def words(self) -> list[str]:
        """The words themselves."""
        return [self.text[a:b] for a, b in zip(self.starts, self.ends, strict=True)]


def words_of(value: Any) -> Words:
    """Return the words of an input, the same in training and in serving.

    Args:
        value: a raw text, the tokens of one sentence, or a list of such token lists.
    """
    if isinstance(value, str):
        spans = split.spans(value)
        return _made(value, spans, split.sentence_starts(value, spans))
    sentences = value if value and not isinstance(value[0], str) else [value]
    return _joined(sentences)


def _joined(sentences: Sequence[Sequence[str]]) -> Words:
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    starts: list[int] = []
    at = 0
    for sentence in sentences:
        if not sentence:
            continue
        if spans:
            parts.append("\n")
            at += 1
        starts.append(len(spans))
        before = ""
        for token in sentence:
            if before and not (cjk(before[-1]) and cjk(token[0])):
                parts.append(" ")
                at += 1
            parts.append(token)
            spans.append((at, at + len(token)))
            at += len(token)
            before = token
    return _made("".join(parts), spans, starts)


def _made(text: str, spans: list[tuple[int, int]], starts: list[int]) -> Words:
    borders = np.array(spans, np.int64).reshape(-1, 2)
    sentences = np.array([*starts, len(spans)] if spans else [0], np.int64)
    return Words(text, borders[:, 0], borders[:, 1], sentences)
