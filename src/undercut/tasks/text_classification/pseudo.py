"""Unlabelled text made from labelled text, for comparing a variant with its reference."""

from __future__ import annotations

import random
from collections.abc import Sequence

DROPPED = 0.1
"""Share of the words left out. Halves of two texts spliced were tried instead: half of them belong
to no class or to two, and an int8 encoder that answered 99 % of real texts as its reference did
answered 95 % of those alike."""


def pseudo_texts(texts: Sequence[str], n: int, seed: int) -> list[str]:
    """Return ``n`` texts near the data but not in it: a tenth of the words left out.

    Text without spaces (Chinese) is cut by characters. The same seed gives the same texts.
    """
    rng = random.Random(seed)
    made = []
    for _ in range(n if texts else 0):
        parts, glue = units(rng.choice(texts))
        kept = [p for p in parts if rng.random() > DROPPED] or parts
        made.append(glue.join(kept))
    return made


def units(text: str) -> tuple[list[str], str]:
    """Return the words of a text and the space between; its characters when it has no spaces."""
    words = text.split()
    return (words, " ") if len(words) > 2 else (list(text), "")
