"""Rows with entities, small enough to fit any tagger on in seconds."""

from __future__ import annotations

import random
from typing import Any

from undercut.core.types import Examples
from undercut.tasks.token_classification.words import words_of

_NAMES = {
    "PER": [["Ann"], ["Bob", "Stone"], ["Maria", "de", "Souza"], ["王芳"]],
    "LOC": [["Paris"], ["New", "York"], ["Oslo"], ["北京"]],
}
_FILLER = ["please", "send", "the", "order", "to", "today", "for", "from", "请", "returned"]


def tagged_rows(n: int, seed: int) -> Examples:
    """Return ``n`` rows: raw texts, single sentences of tokens and documents in turn."""
    rng = random.Random(seed)
    inputs, targets = [], []
    for i in range(n):
        sentences = [_sentence(rng) for _ in range(1 + i % 3)]
        tokens = [[w for part, _ in s for w in part] for s in sentences]
        value: Any = tokens
        if i % 3 == 0:
            value = " ".join(tokens[0])
        elif i % 3 == 1:
            value = [t for sentence in tokens for t in sentence]
        text, target, at = words_of(value).text, [], 0
        for part, kind in (p for s in sentences for p in s):
            start = at = text.index(part[0], at)
            for word in part:
                at = text.index(word, at) + len(word)
            if kind:
                target.append([start, at, kind])
        inputs.append(value)
        targets.append(target)
    return Examples(inputs, targets, [f"sample:{i + 2}" for i in range(n)])


def _sentence(rng: random.Random) -> list[tuple[list[str], str]]:
    """Return parts of a sentence with their types, ``""`` for none."""
    parts: list[tuple[list[str], str]] = []
    for _ in range(rng.randint(1, 3)):
        parts += [([w], "") for w in rng.choices(_FILLER, k=rng.randint(1, 3))]
        kind = rng.choice(sorted(_NAMES))
        parts.append((rng.choice(_NAMES[kind]), kind))
    return [*parts, (["."], "")]
