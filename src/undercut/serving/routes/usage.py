"""GET /v1/usage: what the caller's key has used."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from undercut.serving.desk import COMMON, Desk, id_of, in_thread, json_of
from undercut.serving.problems import error_responses
from undercut.serving.schemas import UsageAnswer


def add(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""

    @app.get(
        "/v1/usage",
        response_model=UsageAnswer,
        responses=error_responses(*COMMON),
        summary="Usage of your key so far",
        **desk.keyed,
    )
    async def usage(request: Request) -> Response:
        key_id = id_of(await desk.caller(request, "usage"))
        return json_of(UsageAnswer(usage=await in_thread(desk.meter.totals, key_id)))
