"""POST /v1/embeddings: the vectors of texts in the shape of OpenAI's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response

from undercut.serving.checks import checked
from undercut.serving.compatible.embedding import EmbeddingAnswer, EmbeddingBody, embedding_json
from undercut.serving.compatible.errors import EMBEDDINGS, responses
from undercut.serving.desk import Desk, takes
from undercut.serving.paid import paid
from undercut.serving.problems import ApiError
from undercut.serving.routes.predict import IDEMPOTENT
from undercut.serving.schemas import parse


def add(app: FastAPI, desk: Desk) -> None:
    """Add the route."""

    @app.post(
        EMBEDDINGS,
        response_model=EmbeddingAnswer,
        responses=responses(),
        openapi_extra=takes(EmbeddingBody) | IDEMPOTENT,
        summary="The vector a model's head reads of each text, for OpenAI's clients",
        **desk.keyed,
    )
    async def embeddings(request: Request) -> Response:
        key = await desk.caller(request, "predict")
        raw = await desk.body_of(request)
        body = parse(raw, EmbeddingBody)
        served = desk.shelf.pick(body.model, key.models if key else ())
        if not served.embeds:
            raise ApiError(
                422,
                "vector-none",
                f"expected a model that has a vector of a text; '{served.info.name}' "
                f"({served.info.architecture or 'of its kind'}) has none",
                "Encoders have one, see GET /v1/models.",
                param="model",
            )
        texts = checked([body.input] if isinstance(body.input, str) else body.input, desk.limits)

        def write(_: str, vectors: Sequence[Any], tokens: int) -> bytes:
            return embedding_json(served.info, vectors, tokens, body)

        content = await paid(desk, request, key, served, raw, texts, write, vectors=True)
        return Response(content, media_type="application/json")
