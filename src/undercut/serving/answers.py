"""Predictions as the JSON that leaves the server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from undercut.predict.answers import answer_row
from undercut.serving.schemas import ModelInfo

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def answer_json(
    request_id: str,
    model: ModelInfo,
    predictions: Sequence[Any],
    top: int | Literal["all"],
    tokens: int,
) -> bytes:
    """Return a :class:`undercut.serving.schemas.PredictAnswer` as UTF-8 JSON.

    Raises:
        ValueError: a probability is not a finite number.
    """
    answer: dict[str, Any] = {
        "request_id": request_id,
        "model": model.name,
        "version": model.version,
        "predictions": [answer_row(model.task, p, top) for p in predictions],
        "usage": {"inputs": len(predictions), "tokens": tokens},
    }
    return _encode(answer).encode()
