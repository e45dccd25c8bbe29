"""An answer as JSON and on a terminal."""

from __future__ import annotations

import heapq
from operator import itemgetter
from typing import Any, Literal

from undercut.core.types import Prediction

DECIMALS = 6


def row(prediction: Prediction, top: int | Literal["all"]) -> dict[str, Any]:
    """Return an answer as JSON; ``probabilities`` lists the ``top`` likeliest labels, if any."""
    shown = len(prediction.probabilities) if top == "all" else top
    found: dict[str, Any] = {
        "label": prediction.label,
        "probability": round(prediction.probability, DECIMALS),
        "truncated": prediction.truncated,
    }
    if prediction.tier:
        found["tier"] = prediction.tier
    if shown:
        best = heapq.nlargest(shown, prediction.probabilities.items(), key=itemgetter(1))
        found["probabilities"] = {label: round(p, DECIMALS) for label, p in best}
    return found


def lines(prediction: Prediction) -> list[str]:
    """Return label and probability, and which part of a cascade answered."""
    tier = f"\t{prediction.tier}" if prediction.tier else ""
    return [f"{prediction.label}\t{prediction.probability:.3f}{tier}"]
