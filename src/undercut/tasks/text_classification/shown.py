"""An answer as JSON and on a terminal."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from typing import Any, Literal

import numpy as np

from undercut.core.contracts import Scored
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


def dump(scored: Scored, inputs: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Return what ``json.dumps`` makes of each text with its :func:`row`, straight from scores."""
    p = np.exp(np.asarray(scored.log_probs, np.float64))
    best = p.argmax(axis=1)
    top = p[np.arange(len(p)), best] / p.sum(axis=1)
    names = [f', "label": {quoted(label)}, "probability": ' for label in labels]
    ends = (', "truncated": false}\n', ', "truncated": true}\n')
    return [
        f'{{"text": {quoted(text)}{names[k]}{round(q, DECIMALS)!r}{ends[cut]}'
        for text, k, q, cut in zip(
            inputs, best.tolist(), top.tolist(), map(bool, scored.truncated), strict=True
        )
    ]


def lines(prediction: Prediction) -> list[str]:
    """Return label and probability, and which part of a cascade answered."""
    tier = f"\t{prediction.tier}" if prediction.tier else ""
    return [f"{prediction.label}\t{prediction.probability:.3f}{tier}"]


def said(prediction: Prediction) -> tuple[str, dict[str, float]]:
    """Return the label and nothing else, and how probable each label is."""
    return prediction.label, prediction.probabilities
