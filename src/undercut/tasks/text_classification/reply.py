"""From what an API wrote to a label: strictly, so that nobody's accuracy is flattered."""

from __future__ import annotations

import json
from collections.abc import Sequence

QUOTES = (('"', '"'), ("'", "'"), ("`", "`"), ("“", "”"), ("‘", "’"), ("「", "」"), ("『", "』"))
STOPS = (".", "。", "．")


def read_label(text: str, labels: Sequence[str]) -> str | None:
    """Read an answer; None when it is no label.

    A label counts as written when nothing is around it but white space, one pair of quotes and
    one stop, or when the answer is the JSON object ``{"label": "..."}``. Case counts. Nothing is
    guessed: a sentence with a label in it is no answer.

    Args:
        text: what the API wrote.
        labels: the label space.
    """
    known = set(labels)
    for candidate in _readings(text):
        if candidate in known:
            return candidate
    return None


def _readings(text: str) -> list[str]:
    """Return the readings allowed, the plainest first."""
    bare = text.strip()
    found = [bare]
    found.append(_without_stop(bare))
    for reading in tuple(found):
        for left, right in QUOTES:
            inside = reading.removeprefix(left).removesuffix(right)
            if len(reading) - len(inside) == len(left) + len(right):
                found += [inside.strip(), _without_stop(inside.strip())]
    if bare.startswith("{"):
        try:
            document = json.loads(bare)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict) and set(document) == {"label"}:
            label = document["label"]
            found += [label.strip()] if isinstance(label, str) else []
    return found


def _without_stop(text: str) -> str:
    return text[:-1].rstrip() if text.endswith(STOPS) else text
