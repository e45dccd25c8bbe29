"""/healthz, /readyz and /metrics: for whoever watches the server."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from undercut.serving.desk import COMMON, Desk, json_of
from undercut.serving.metrics import CONTENT_TYPE, exposition
from undercut.serving.problems import ApiError, error_responses
from undercut.serving.schemas import Health


def add(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""

    @app.get("/healthz", response_model=Health, summary="Whether the process answers")
    async def healthy() -> Response:
        return json_of(Health(status="alive"))

    @app.get(
        "/readyz",
        response_model=Health,
        responses=error_responses(503),
        summary="Whether the model takes requests",
    )
    async def ready() -> Response:
        busy = desk.shelf.busy_for()
        if desk.shelf.closed:
            raise ApiError(503, "stopping", "the server is stopping")
        if busy > desk.limits.deadline_seconds:
            raise ApiError(503, "stuck", f"the model has been at one batch for {busy:.0f} s")
        return json_of(Health(status="ready"))

    @app.get(
        "/metrics",
        response_class=PlainTextResponse,
        responses=error_responses(*COMMON),
        summary="Counts in the Prometheus text format",
        **desk.keyed,
    )
    async def metrics(request: Request) -> Response:
        await desk.caller(request, "metrics")
        models = [{"name": i.name, "version": i.version} for i in desk.shelf.infos]
        text = exposition(desk.requests, desk.shelf.load(), models, desk.meter.flush_failures)
        return Response(text, media_type=CONTENT_TYPE)
