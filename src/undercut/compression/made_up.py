"""Texts made up from others, for a teacher to answer: words left out, and two texts joined.

Unlike those that a gate compares answers on (``Task.unlabelled``), they need not be likely: what
the student is to learn is how the teacher divides the space around and between the classes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from undercut.tasks.text_classification.pseudo import units

DROPPED = 0.2
"""Share of the words left out."""


def made_up(texts: Sequence[str], n: int, seed: int) -> list[str]:
    """Return ``n`` texts: by turns one with words left out, and the head of one with another's end.

    Text without spaces (Chinese) is cut by characters. The same seed gives the same texts.
    """
    rng = random.Random(seed)
    made = []
    for i in range(n if texts else 0):
        parts, glue = units(rng.choice(texts))
        if i % 2:
            kept = [p for p in parts if rng.random() >= DROPPED] or parts
        else:
            other, _ = units(rng.choice(texts))
            head = parts[: rng.randint(0, len(parts))]
            kept = [*head, *other[rng.randint(0, len(other)) :]] or parts
        made.append(glue.join(kept))
    return made
