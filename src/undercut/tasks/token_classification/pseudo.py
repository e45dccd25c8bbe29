"""Unlabelled inputs made from labelled ones, for comparing a variant with its reference."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from undercut.tasks.token_classification.words import words_of

DROPPED = 0.1


def pseudo_inputs(inputs: Sequence[Any], n: int, seed: int) -> list[Any]:
    """Return ``n`` inputs near the data but not in it: a tenth of the words left out.

    Each is of the form of the input it is made from: text or tokens.
    """
    rng = random.Random(seed)
    return [_thinned(rng.choice(inputs), rng) for _ in range(n if inputs else 0)]


def _thinned(value: Any, rng: random.Random) -> Any:
    if isinstance(value, str):
        words = words_of(value)
        kept = [rng.random() > DROPPED for _ in range(len(words))]
        starts = words.starts.tolist()
        pieces = zip(starts, [*starts[1:], len(value)], kept, strict=True)
        return "".join(value[a:b] for a, b, keep in pieces if keep) or value
    if value and not isinstance(value[0], str):
        return [_thinned(sentence, rng) for sentence in value]
    return [token for token in value if rng.random() > DROPPED] or list(value)
