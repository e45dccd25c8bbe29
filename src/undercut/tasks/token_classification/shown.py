"""An answer as JSON and on a terminal: one entity a line."""

from __future__ import annotations

import json
from typing import Any, Literal

from undercut.tasks.token_classification.prediction import Tagged

DECIMALS = 6


def row(answer: Tagged, top: int | Literal["all"]) -> dict[str, Any]:
    """Return an answer as JSON; ``top`` does not matter, there is one type an entity."""
    return {
        "entities": [
            {
                "start": e.start,
                "end": e.end,
                "type": e.type,
                "text": e.text,
                "probability": round(e.probability, DECIMALS),
            }
            for e in answer.entities
        ],
        "truncated": answer.truncated,
    }


def lines(answer: Tagged) -> list[str]:
    """Return characters, type, text and probability of every entity."""
    return [
        f"{e.start}-{e.end}\t{e.type}\t{' '.join(e.text.split())}\t{e.probability:.3f}"
        for e in answer.entities
    ] or ["(no entity)"]


def said(answer: Tagged) -> tuple[str, dict[str, float]]:
    """Return the JSON list that the rival's instruction asks for; no other list has a probability.

    See :func:`undercut.tasks.token_classification.prompt.rival_prompt`.
    """
    found = [{"text": e.text, "type": e.type} for e in answer.entities]
    return json.dumps(found, ensure_ascii=False), {}
