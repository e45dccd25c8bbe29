"""Sentences of tagged tokens to rows: token lists, documents of them, or plain Chinese text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from undercut.data.table import count
from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.tagged import Found, Sentence, entities
from undercut.tasks.token_classification.scripts import cjk
from undercut.tasks.token_classification.words import Words, words_of

_PLACED = re.compile(r"\S\d")  # 科0 技1, as in the Weibo set
LOST = 0.001
"""Share of entities that text without token borders may lose for it to be read as text."""


def gather(sentences: Sequence[Sentence], to: Gathered) -> None:
    """Add the rows of tagged sentences; a document is a row where the file marks documents.

    Tokens of one character each, most of them Chinese, are read as the text they are, so that
    training sees what serving will; unless entities then end inside a word.
    """
    sentences = [s for s in sentences if s.tokens]
    if sentences and all(_PLACED.fullmatch(t) for s in sentences for t in s.tokens):
        for s in sentences:
            s.tokens = [t[0] for t in s.tokens]
        to.say("the digit behind each character (its place in a word) left out")
    found = entities(sentences, to)
    groups: list[list[int]] = []
    for i, s in enumerate(sentences):
        if s.document >= 0 and groups and sentences[groups[-1][0]].document == s.document:
            groups[-1].append(i)
        else:
            groups.append([i])
    documents = any(s.document >= 0 for s in sentences)
    rows = [_row([sentences[i] for i in g], [found[i] for i in g], documents) for g in groups]
    if documents:
        to.say(f"{count(len(groups), 'document')}, {count(len(sentences), 'sentence')}")
    if by_character(t for s in sentences for t in s.tokens):
        plain = [_plain([sentences[i] for i in g], [found[i] for i in g]) for g in groups]
        entities_ = sum(len(target) for _, target in rows)
        if sum(map(_lost, plain)) <= LOST * entities_:
            rows = plain  # type: ignore[assignment]
            to.say("one character a token: read as plain text")
    for (value, target), g in zip(rows, groups, strict=True):
        to.add(value, target, sentences[g[0]].lines[0])


def _row(
    sentences: Sequence[Sentence], found: Sequence[Sequence[Found]], document: bool
) -> tuple[Any, list[list[Any]]]:
    """Return an input of tokens, and its target."""
    value: Any = [s.tokens for s in sentences] if document else sentences[0].tokens
    words = words_of(value)
    target, at = [], 0
    for s, spans in zip(sentences, found, strict=True):
        target += [
            [int(words.starts[at + a]), int(words.ends[at + b - 1]), kind] for a, b, kind in spans
        ]
        at += len(s.tokens)
    return value, target


def by_character(tokens: Iterable[str]) -> bool:
    """Whether tokens are of one character each, most of them Chinese."""
    tokens = list(tokens)
    if not all(len(t) == 1 for t in tokens):
        return False
    return 2 * sum(cjk(t) for t in tokens) >= len(tokens) > 0


def _plain(
    sentences: Sequence[Sentence], found: Sequence[Sequence[Found]]
) -> tuple[str, list[list[Any]]]:
    """Return the text of one-character tokens, a sentence a line, and its target."""
    text = "\n".join("".join(s.tokens) for s in sentences)
    target, at = [], 0
    for s, spans in zip(sentences, found, strict=True):
        target += [[at + a, at + b, kind] for a, b, kind in spans]
        at += len(s.tokens) + 1
    return text, target


def _lost(row: tuple[str, list[list[Any]]]) -> int:
    """Return how many entities of a text its words and sentences cannot form."""
    return len(unformed(words_of(row[0]), row[1]))


def unformed(words: Words, target: Sequence[Sequence[Any]]) -> list[int]:
    """Return the positions in a target of entities that end inside a word or cross a sentence."""
    if not target:
        return []
    starts = np.array([t[0] for t in target])
    ends = np.array([t[1] for t in target])
    first, last = np.searchsorted(words.starts, starts), np.searchsorted(words.ends, ends)
    inside = np.ones(len(target), bool)
    ok = (first < len(words)) & (last < len(words))
    at = np.minimum(first, len(words) - 1), np.minimum(last, len(words) - 1)
    if len(words):
        inside = ~(ok & (words.starts[at[0]] == starts) & (words.ends[at[1]] == ends))
        of = [np.searchsorted(words.sentences, i, side="right") for i in at]
        inside |= of[0] != of[1]
    return np.flatnonzero(inside).tolist()
