"""Refusals in the shape that OpenAI's clients read, on the routes that are theirs.

Statuses are those their callers handle: 400 where ours is 422, 404 for an unknown model, 429 with
``insufficient_quota`` for a spent budget, and a header that tells the client not to try that again.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field

from undercut.serving.problems import STATUSES, ApiError

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
PATHS = (CHAT, EMBEDDINGS)
CODES = {"key-refused": "invalid_api_key", "model-unknown": "model_not_found"}
TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
RETURNED = (400, 401, 403, 404, 408, 413, 415, 429, 500, 503, 504)


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str = Field(description="what was expected, what was found, how to mend it")
    type: str
    param: str | None = Field(description="the field of the body that is to blame")
    code: str = Field(description="stable short code")


class ErrorAnswer(BaseModel):
    """The shape of every error of these routes."""

    error: ErrorDetail


def shaped(error: ApiError, path: str) -> tuple[int, bytes, dict[str, str]]:
    """Return status, body and headers of a refusal, as the callers of a path read them."""
    headers = error.headers()
    if path not in PATHS:
        return error.status, error.body(), headers
    status, code = error.status, CODES.get(error.code, error.code)
    if code == "model_not_found":
        status = 404
    kind = TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    if status == 402:
        status, kind, code = 429, "insufficient_quota", "insufficient_quota"
        headers["x-should-retry"] = "false"
    elif status == 422:
        status = 400
    message = f"{error.message}. {error.fix}" if error.fix else error.message
    detail = ErrorDetail(message=message, type=kind, param=error.param, code=code)
    body = json.dumps({"error": detail.model_dump()}, ensure_ascii=False)
    headers["content-type"] = "application/json"
    return status, body.encode("utf-8", "replace"), headers


def responses() -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the errors of these routes."""
    content = {"application/json": {"schema": ErrorAnswer.model_json_schema()}}
    return {s: {"description": STATUSES[s], "content": content} for s in RETURNED}
