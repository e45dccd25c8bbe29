"""Unlabelled text made from labelled text, for comparing a variant with its reference."""

from __future__ import annotations

import random
from collections.abc import Sequence


def pseudo_texts(texts: Sequence[str], n: int, seed: int) -> list[str]:
    """Return ``n`` texts near the data but not in it: words dropped, halves of two rows spliced.

    Text without spaces (Chinese) is cut by characters. The same seed gives the same texts.
    """
    rng = random.Random(seed)
    made = []
    for _ in range(n if texts else 0):
        a, b = _units(rng.choice(texts)), _units(rng.choice(texts))
        joined, glue = a
        other, _ = b
        if rng.random() < 0.5:
            kept = [u for u in joined if rng.random() > 0.2] or joined
        else:
            kept = joined[: (len(joined) + 1) // 2] + other[len(other) // 2 :]
        made.append(glue.join(kept))
    return made


def _units(text: str) -> tuple[list[str], str]:
    words = text.split()
    return (words, " ") if len(words) > 2 else (list(text), "")
