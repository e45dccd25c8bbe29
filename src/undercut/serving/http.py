"""The HTTP API: one application of a server's parts and its routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

import undercut
from undercut.serving.batcher import Predicts
from undercut.serving.checks import estimate_tokens
from undercut.serving.compatible.errors import shaped
from undercut.serving.desk import Desk
from undercut.serving.feedback import FeedbackStore
from undercut.serving.guard import Guard
from undercut.serving.keys import KeyStore
from undercut.serving.meter import Meter
from undercut.serving.metrics import Requests
from undercut.serving.options import Limits
from undercut.serving.problems import STATUSES, ApiError
from undercut.serving.releasing.acts import Releases
from undercut.serving.releasing.trials import Trials
from undercut.serving.routes import (
    admin,
    chat,
    embeddings,
    health,
    home,
    models,
    predict,
    usage,
)
from undercut.serving.routes import feedback as corrections
from undercut.serving.routes import releases as released
from undercut.serving.schemas import ModelInfo
from undercut.serving.shelf import Shelf
from undercut.serving.shortcut import Shortcut
from undercut.serving.till import Till

OFTEN = ("/v1/predict",)
"""Routes that pass by the framework's router; POST only."""
ROUTES = (
    predict,
    chat,
    embeddings,
    corrections,
    usage,
    models,
    admin,
    released,
    health,
    home,
)


def build_app(
    predictor: Predicts | None = None,
    *,
    keys: KeyStore | None,
    till: Till | None = None,
    meter: Meter,
    feedback: FeedbackStore,
    limits: Limits,
    model_info: ModelInfo | None = None,
    more: Sequence[tuple[Predicts, ModelInfo]] = (),
    hosts: frozenset[str] | None = None,
    count_tokens: Callable[[str], int] = estimate_tokens,
    shelf: Shelf | None = None,
    trials: Trials | None = None,
    releases: Releases | None = None,
) -> FastAPI:
    """Return the application around a model. It serves once: its shutdown closes the meter.

    Args:
        predictor: answers a list of texts with a list of ``Prediction``.
        keys: where API keys are looked up; ``None`` asks for none.
        till: where requests are let in against budgets; ``None`` lets every key in, unpriced.
        meter: where usage goes.
        feedback: where corrections go.
        limits: what is accepted.
        model_info: what is told about the model.
        more: further models, each with what is told about it; a request names one in ``model``.
        hosts: accepted names of the Host header; ``None`` accepts any.
        count_tokens: tokens of a text, for batching and usage; runs on the event loop.
        shelf: the models, where they are open already; then ``predictor`` and the like are none.
        trials: where candidates answer beside.
        releases: what an administrator may change of what is served.
    """
    requests = Requests()
    if shelf is None:
        if predictor is None or model_info is None:
            raise ValueError("no model to serve")
        shelf = Shelf([(predictor, model_info), *more], limits)
    desk = Desk(
        shelf, keys, till, meter, feedback, limits, requests, count_tokens, trials, releases
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        if releases is not None:
            await asyncio.to_thread(releases.follower.close)
        await asyncio.to_thread(shelf.close, limits.deadline_seconds)
        await asyncio.to_thread(meter.close)
        if till is not None:
            await asyncio.to_thread(till.close)

    app = FastAPI(
        title="undercut",
        version=undercut.__version__,
        description=f"Answers of {', '.join(repr(i.name) for i in shelf.infos)}.",
        docs_url=None,  # the bundled pages load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )

    @app.exception_handler(ApiError)
    async def refuse(request: Request, error: ApiError) -> Response:
        return _refusal(error, request.url.path)

    @app.exception_handler(HTTPException)
    async def refuse_route(request: Request, error: HTTPException) -> Response:
        code = {404: "not-found", 405: "method"}.get(error.status_code, "refused")
        message = STATUSES.get(error.status_code, "The request was refused.")
        found = ApiError(error.status_code, code, message, "See /openapi.json.")
        return _refusal(found, request.url.path, error.headers)

    for routes in ROUTES:
        routes.add(app, desk)
    ends = {r.path: r.endpoint for r in app.routes if isinstance(r, APIRoute)}
    app.add_middleware(Shortcut, endpoints={("POST", p): ends[p] for p in OFTEN}, refusal=_refusal)
    app.add_middleware(
        Guard,
        requests=requests,
        routes=frozenset(getattr(route, "path", "") for route in app.routes),
        in_flight=limits.requests_in_flight,
        hosts=hosts,
    )
    return app


def _refusal(error: ApiError, path: str, more: Mapping[str, str] | None = None) -> Response:
    status, body, headers = shaped(error, path)
    return Response(body, status, headers | dict(more or {}))
