"""An answer on a terminal: one entity a line."""

from __future__ import annotations

from undercut.tasks.token_classification.prediction import Tagged


def lines(answer: Tagged) -> list[str]:
    """Return characters, type, text and probability of every entity."""
    return [
        f"{e.start}-{e.end}\t{e.type}\t{' '.join(e.text.split())}\t{e.probability:.3f}"
        for e in answer.entities
    ] or ["(no entity)"]
