"""POST /v1/predict: texts in, answers of the model out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response

from undercut.serving.answers import answer_json
from undercut.serving.checks import checked
from undercut.serving.desk import COMMON, Desk, takes
from undercut.serving.paid import paid
from undercut.serving.problems import error_responses
from undercut.serving.schemas import PredictBody, parse, predict_answer

IDEMPOTENT = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "description": "Sent again with the same key and body, a request is billed once.",
        }
    ]
}


def add(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""

    @app.post(
        "/v1/predict",
        response_model=predict_answer(info.task for info in desk.shelf.infos),
        responses=error_responses(*COMMON, 400, 402, 408, 413, 415, 422, 429, 500, 504),
        openapi_extra=takes(PredictBody) | IDEMPOTENT,
        summary="Answer one text or a list of texts",
        **desk.keyed,
    )
    async def predict(request: Request) -> Response:
        key = await desk.caller(request, "predict")
        raw = await desk.body_of(request)
        body = parse(raw, PredictBody)
        served = desk.shelf.pick(body.model, key.models if key else ())
        texts = checked(
            [body.inputs] if isinstance(body.inputs, str) else body.inputs, desk.limits, "inputs"
        )

        def write(request_id: str, predictions: Sequence[Any], tokens: int) -> bytes:
            return answer_json(request_id, served.info, predictions, body.top, tokens)

        content = await paid(desk, request, key, served, raw, texts, write)
        return Response(content, media_type="application/json")
