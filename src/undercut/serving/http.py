"""The HTTP API. The only file here that knows FastAPI; what it calls does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response, Security
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

import undercut
from undercut.core.errors import UndercutError
from undercut.economics.charges import Quantities
from undercut.predict.answers import knows
from undercut.serving.admission import admitted, given_back, request_id_of, store_failed
from undercut.serving.answers import answer_json
from undercut.serving.batcher import Predicts
from undercut.serving.checks import estimate_tokens, texts_of
from undercut.serving.feedback import FeedbackStore
from undercut.serving.guard import Guard
from undercut.serving.intake import answered, read_body
from undercut.serving.keys import ApiKey, KeyStore
from undercut.serving.meter import Meter
from undercut.serving.metrics import CONTENT_TYPE, Requests, exposition
from undercut.serving.options import Limits
from undercut.serving.page import page
from undercut.serving.problems import STATUSES, ApiError, error_responses
from undercut.serving.schemas import (
    FeedbackAnswer,
    FeedbackBody,
    Health,
    KeysListed,
    ModelInfo,
    ModelsAnswer,
    PredictBody,
    UsageAnswer,
    parse,
    predict_answer,
)
from undercut.serving.shelf import Shelf
from undercut.serving.till import Till

API = {"/v1/predict", "/v1/feedback", "/v1/usage", "/v1/models", "/v1/admin/keys"}
ROUTES = frozenset({"/", "/healthz", "/readyz", "/metrics"} | API)
COMMON = (401, 403, 503)
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


async def _in_thread(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run work that touches the disk; 503 when the disk or the database refuses."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except (SQLAlchemyError, OSError) as error:
        raise store_failed(error) from None


def _json(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json")


def _takes(body: type[BaseModel]) -> dict[str, Any]:
    schema = body.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def build_app(
    predictor: Predicts,
    *,
    keys: KeyStore | None,
    till: Till | None = None,
    meter: Meter,
    feedback: FeedbackStore,
    limits: Limits,
    model_info: ModelInfo,
    more: Sequence[tuple[Predicts, ModelInfo]] = (),
    hosts: frozenset[str] | None = None,
    count_tokens: Callable[[str], int] = estimate_tokens,
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
    """
    requests = Requests()
    shelf = Shelf([(predictor, model_info), *more], limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
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
    app.add_middleware(
        Guard,
        requests=requests,
        routes=ROUTES,
        in_flight=limits.requests_in_flight,
        hosts=hosts,
    )

    @app.exception_handler(ApiError)
    async def refuse(_: Request, error: ApiError) -> Response:
        return Response(error.body(), error.status, error.headers())

    @app.exception_handler(HTTPException)
    async def refuse_route(_: Request, error: HTTPException) -> Response:
        code = {404: "not-found", 405: "method"}.get(error.status_code, "refused")
        message = STATUSES.get(error.status_code, "The request was refused.")
        found = ApiError(error.status_code, code, message, "See /openapi.json.")
        return Response(found.body(), found.status, found.headers() | dict(error.headers or {}))

    async def caller(request: Request, scope: str) -> ApiKey | None:
        """Return the caller's key, ``None`` when no key is asked for."""
        if keys is None:
            return None
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        key = None
        if kind.lower() == "bearer" and (secret := secret.strip()):
            key = keys.recall(secret) or await _in_thread(keys.verify, secret)
        if key is None:
            raise ApiError(
                401,
                "key-refused",
                "expected a valid API key",
                "Send the header authorization: Bearer uc_...",
            )
        if scope not in key.scopes:
            raise ApiError(403, "key-scope", f"expected a key with the scope '{scope}'")
        return key

    def id_of(key: ApiKey | None) -> str | None:
        return key.id if key else None

    bearer = Security(HTTPBearer(auto_error=False))  # tells OpenAPI; `caller` does the work
    keyed: dict[str, Any] = {"dependencies": [bearer]} if keys is not None else {}

    async def body_of(request: Request) -> bytes:
        until = request.state.started + limits.deadline_seconds
        return await read_body(
            request.receive, request.headers, most_bytes=limits.body_bytes, until=until
        )

    @app.post(
        "/v1/predict",
        response_model=predict_answer(info.task for info in shelf.infos),
        responses=error_responses(*COMMON, 400, 402, 408, 413, 415, 422, 429, 500, 504),
        openapi_extra=_takes(PredictBody) | IDEMPOTENT,
        summary="Answer one text or a list of texts",
        **keyed,
    )
    async def predict(request: Request) -> Response:
        key = await caller(request, "predict")
        raw = await body_of(request)
        body = parse(raw, PredictBody)
        served = shelf.pick(body.model, key.models if key else ())
        texts = texts_of(body, limits)
        sizes = [count_tokens(text) for text in texts]
        state = request.state
        again = request_id_of(request.headers, keys, key, served.info.version, raw)
        state.request_id = again or state.request_id
        used = Quantities(requests=1, inputs=len(texts), tokens=sum(sizes))
        ticket = await admitted(
            till, key, state.request_id, served.info.name, used, again is not None
        )
        with given_back(till, ticket) as charged:
            left = max(0.0, state.started + limits.deadline_seconds - time.monotonic())
            answer = asyncio.ensure_future(served.batcher.answer(texts, sizes, left))
            predictions = await answered(request.receive, answer)
            content = answer_json(state.request_id, served.info, predictions, body.top, sum(sizes))
            record = charged | {
                "key_id": id_of(key),
                "model": served.info.version,
                "inputs": len(texts),
                "tokens": sum(sizes),
                "latency_ms": (time.monotonic() - state.started) * 1e3,
            }
            if meter.sync:
                await _in_thread(meter.record, **record)
            else:
                try:
                    meter.record(**record)
                except OSError as error:
                    raise store_failed(error) from None
        return Response(content, media_type="application/json")

    @app.post(
        "/v1/feedback",
        response_model=FeedbackAnswer,
        responses=error_responses(*COMMON, 400, 404, 408, 413, 415, 422),
        openapi_extra=_takes(FeedbackBody),
        summary="Correct the answer to an earlier request of yours",
        **keyed,
    )
    async def correct(request: Request) -> Response:
        key_id = id_of(await caller(request, "feedback"))
        body = parse(await body_of(request), FeedbackBody)
        used = await _in_thread(meter.find, body.request_id)
        if used is None or used.key_id != key_id or body.index >= used.inputs:
            raise ApiError(
                404,
                "request-unknown",
                "expected the id of a request of yours, and the index of an input in it",
                "Use `request_id` from the answer of /v1/predict.",
            )
        row = (body.request_id, key_id, body.index, body.target, body.comment, body.text)
        await _in_thread(feedback.add, *row)
        info = shelf.info_of(used.model)
        known = info is not None and knows(info.task, info.labels, body.target)
        answer = FeedbackAnswer(request_id=body.request_id, index=body.index, known_label=known)
        return _json(answer)

    @app.get(
        "/v1/usage",
        response_model=UsageAnswer,
        responses=error_responses(*COMMON),
        summary="Usage of your key so far",
        **keyed,
    )
    async def usage(request: Request) -> Response:
        key_id = id_of(await caller(request, "usage"))
        return _json(UsageAnswer(usage=await _in_thread(meter.totals, key_id)))

    @app.get(
        "/v1/models",
        response_model=ModelsAnswer,
        responses=error_responses(*COMMON),
        summary="The models served here",
        **keyed,
    )
    async def models(request: Request) -> Response:
        key = await caller(request, "predict")
        seen = shelf.visible(key.models if key else ())
        return _json(ModelsAnswer(models=[m.info for m in seen]))

    if keys is not None:  # without keys nobody could be told from an administrator

        @app.get(
            "/v1/admin/keys",
            response_model=KeysListed,
            responses=error_responses(*COMMON),
            summary="Every key, never its secret; needs the scope admin",
            **keyed,
        )
        async def all_keys(request: Request) -> Response:
            await caller(request, "admin")
            return _json(KeysListed(keys=await _in_thread(keys.list)))

        @app.post(
            "/v1/admin/keys/{key_id}/revoke",
            response_model=ApiKey,
            responses=error_responses(*COMMON, 404),
            summary="End a key now; needs the scope admin",
            **keyed,
        )
        async def end_key(request: Request, key_id: str) -> Response:
            actor = id_of(await caller(request, "admin"))
            try:
                return _json(await _in_thread(keys.revoke, key_id, actor))
            except UndercutError:
                raise ApiError(404, "key-unknown", "expected the id of a key", "") from None

    @app.get("/healthz", response_model=Health, summary="Whether the process answers")
    async def healthy() -> Response:
        return _json(Health(status="alive"))

    @app.get(
        "/readyz",
        response_model=Health,
        responses=error_responses(503),
        summary="Whether the model takes requests",
    )
    async def ready() -> Response:
        busy = shelf.busy_for()
        if shelf.closed:
            raise ApiError(503, "stopping", "the server is stopping")
        if busy > limits.deadline_seconds:
            raise ApiError(503, "stuck", f"the model has been at one batch for {busy:.0f} s")
        return _json(Health(status="ready"))

    @app.get(
        "/metrics",
        response_class=PlainTextResponse,
        responses=error_responses(*COMMON),
        summary="Counts in the Prometheus text format",
        **keyed,
    )
    async def metrics(request: Request) -> Response:
        await caller(request, "metrics")
        models = [{"name": i.name, "version": i.version} for i in shelf.infos]
        text = exposition(requests, shelf.load(), models, meter.flush_failures)
        return Response(text, media_type=CONTENT_TYPE)

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        html, policy = page()
        return HTMLResponse(html, headers={"content-security-policy": policy})

    return app
