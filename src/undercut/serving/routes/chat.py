"""POST /v1/chat/completions: the answer of a model in the shape of OpenAI's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response

from undercut.serving.checks import checked
from undercut.serving.compatible.chat_answer import ChatAnswer, Said
from undercut.serving.compatible.chat_body import ChatBody, last_text
from undercut.serving.compatible.errors import CHAT, responses
from undercut.serving.desk import Desk, takes
from undercut.serving.paid import paid
from undercut.serving.routes.predict import IDEMPOTENT
from undercut.serving.schemas import parse

STREAM = "text/event-stream"


def add(app: FastAPI, desk: Desk) -> None:
    """Add the route."""

    @app.post(
        CHAT,
        response_model=ChatAnswer,
        responses=responses() | {200: {"content": {STREAM: {"schema": {"type": "string"}}}}},
        openapi_extra=takes(ChatBody) | IDEMPOTENT,
        summary="Answer the last message from the user, for OpenAI's clients",
        **desk.keyed,
    )
    async def chat(request: Request) -> Response:
        key = await desk.caller(request, "predict")
        raw = await desk.body_of(request)
        body = parse(raw, ChatBody)
        served = desk.shelf.pick(body.model, key.models if key else ())
        texts = checked([last_text(body.messages)], desk.limits, "messages")

        def write(request_id: str, predictions: Sequence[Any], tokens: int) -> bytes:
            said = Said(request_id, served.info, predictions[0], tokens, body)
            return said.events() if body.stream else said.whole()

        content = await paid(desk, request, key, served, raw, texts, write)
        return Response(content, media_type=STREAM if body.stream else "application/json")
