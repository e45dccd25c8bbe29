"""GET /v1/models: what is served here, as far as the caller may reach it."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from undercut.serving.desk import COMMON, Desk, json_of
from undercut.serving.problems import error_responses
from undercut.serving.schemas import ModelsAnswer


def add(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""

    @app.get(
        "/v1/models",
        response_model=ModelsAnswer,
        responses=error_responses(*COMMON),
        summary="The models served here",
        **desk.keyed,
    )
    async def models(request: Request) -> Response:
        key = await desk.caller(request, "predict")
        seen = desk.shelf.visible(key.models if key else ())
        return json_of(ModelsAnswer(models=[m.info for m in seen]))
