"""From what an API wrote to entities with their characters: strictly, nothing is guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from undercut.tasks.token_classification.words import Words

_FENCE = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)
KEYS = {"text", "type"}


def read_entities(reply: str, words: Words, types: Sequence[str]) -> list[list[Any]] | None:
    """Return ``[start, end, type]`` of every entity of an answer, sorted; None when it is none.

    The answer is a JSON list and nothing else, but for one code fence around it, of objects that
    have a ``text`` and a ``type`` and nothing more. Types are the model's, case counts. A text
    must stand in the input as words that no other entity of the answer has: of several such
    places it is the first after the entity before, else the first.

    Args:
        reply: what the API wrote.
        words: of the input.
        types: the entity types.
    """
    bare = reply.strip()
    fenced = _FENCE.fullmatch(bare)
    try:
        found = json.loads(fenced[1] if fenced else bare)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    starts, ends = set(words.starts.tolist()), set(words.ends.tolist())
    taken: list[list[Any]] = []
    after = 0
    for one in found:
        if not isinstance(one, dict) or set(one) != KEYS or one["type"] not in types:
            return None
        place = _place(one["text"], words.text, after, starts, ends, taken)
        if place is None:
            return None
        after = place + len(one["text"].strip())
        taken.append([place, after, one["type"]])
    return sorted(taken)


def _place(
    surface: Any, text: str, after: int, starts: set[int], ends: set[int], taken: list[list[Any]]
) -> int | None:
    """Return where an entity's characters stand as whole words that are free; None if nowhere."""
    if not isinstance(surface, str) or not (surface := surface.strip()):
        return None
    free = []
    at = text.find(surface)
    while at >= 0:
        end = at + len(surface)
        if at in starts and end in ends and not any(a < end and at < b for a, b, _ in taken):
            free.append(at)
        at = text.find(surface, at + 1)
    return next((at for at in free if at >= after), free[0] if free else None)
