"""GET /v1/models: what is served here, as far as the caller may reach it."""

from __future__ import annotations

from datetime import datetime

from fastapi import FastAPI, Request, Response

from undercut.serving.desk import COMMON, Desk, json_of
from undercut.serving.problems import ApiError, error_responses
from undercut.serving.schemas import ModelInfo, ModelListed, ModelsAnswer


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
        infos = [m.info for m in desk.shelf.visible(key.models if key else ())]
        return json_of(ModelsAnswer(data=list(map(_listed, infos)), models=infos))

    @app.get(
        "/v1/models/{name}",
        response_model=ModelListed,
        responses=error_responses(*COMMON, 404),
        summary="One model served here, for OpenAI's clients",
        **desk.keyed,
    )
    async def model(request: Request, name: str) -> Response:
        key = await desk.caller(request, "predict")
        try:
            return json_of(_listed(desk.shelf.pick(name, key.models if key else ()).info))
        except ApiError as error:
            raise ApiError(404, error.code, error.message, "See GET /v1/models.") from None


def _listed(info: ModelInfo) -> ModelListed:
    try:
        created = int(datetime.fromisoformat(info.created_at).timestamp())
    except ValueError:
        created = 0
    return ModelListed(id=info.name, created=created)
