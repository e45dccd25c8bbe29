"""Predictions as the JSON that leaves the server."""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Literal

from undercut.core.types import Prediction
from undercut.serving.schemas import ModelInfo

DECIMALS = 6


def _row(prediction: Prediction, top: int | Literal["all"]) -> dict[str, Any]:
    shown = len(prediction.probabilities) if top == "all" else top
    best = heapq.nlargest(shown, prediction.probabilities.items(), key=itemgetter(1))
    return {
        "label": prediction.label,
        "probability": round(prediction.probability, DECIMALS),
        "probabilities": {label: round(p, DECIMALS) for label, p in best},
        "truncated": prediction.truncated,
    }


def answer_json(
    request_id: str,
    model: ModelInfo,
    predictions: Sequence[Prediction],
    top: int | Literal["all"],
    tokens: int,
) -> bytes:
    """Return a :class:`undercut.serving.schemas.PredictAnswer` as UTF-8 JSON.

    Raises:
        ValueError: a probability is not a finite number.
    """
    answer = {
        "request_id": request_id,
        "model": model.name,
        "version": model.version,
        "predictions": [_row(p, top) for p in predictions],
        "usage": {"inputs": len(predictions), "tokens": tokens},
    }
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
