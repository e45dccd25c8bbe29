"""What a caller gets instead of an answer: JSON problem details (RFC 9457), a code, a fix."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field

STATUSES = {
    400: "The body is not JSON, or the host is not accepted.",
    401: "No key, or one that is unknown, expired or revoked.",
    402: "A budget or quota of the key is used up, or its plan has ended.",
    403: "The key may not do this.",
    404: "No such address, or no such request of yours.",
    405: "The address is right, the method is not.",
    408: "The body did not arrive in time.",
    409: "What is asked does not follow from how things stand; the detail says why.",
    413: "The body is too large.",
    415: "The body is not declared as plain JSON.",
    422: "The JSON does not say what it should.",
    429: "Too much is waiting, or too many requests a second or texts a day; the header "
    "Retry-After says for how many seconds to wait.",
    500: "The model failed on this request.",
    503: "Starting, stopping, overloaded, or usage cannot be written.",
    504: "No answer before the deadline.",
}


CONTENT_TYPE = "application/problem+json"


class ProblemAnswer(BaseModel):
    """The shape of every error (RFC 9457)."""

    type: str = Field(description="`urn:undercut:problem:` and the code")
    title: str = Field(description="what this status means here")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="what was expected and what was found")
    code: str = Field(description="stable short code")
    fix: str = Field(description="how to mend it; may be empty")


class ApiError(Exception):
    """An error with its HTTP status, one of ``STATUSES``; ``param`` names the field to blame."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fix: str = "",
        retry_after: int | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.fix = status, code, message, fix
        self.retry_after, self.param = retry_after, param

    def body(self) -> bytes:
        """Return the JSON body, a :class:`ProblemAnswer`."""
        problem = {
            "type": f"urn:undercut:problem:{self.code}",
            "title": STATUSES.get(self.status, "The request was refused."),
            "status": self.status,
            "detail": self.message,
            "code": self.code,
            "fix": self.fix,
        }
        return json.dumps(problem, ensure_ascii=False).encode("utf-8", "replace")

    def headers(self) -> dict[str, str]:
        """Return the headers this error needs."""
        found = {"content-type": CONTENT_TYPE}
        if self.retry_after is not None:
            found["retry-after"] = str(self.retry_after)
        if self.status == 401:
            found["www-authenticate"] = "Bearer"
        return found


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of these error statuses."""
    content = {CONTENT_TYPE: {"schema": ProblemAnswer.model_json_schema()}}
    return {s: {"description": STATUSES[s], "content": content} for s in sorted(statuses)}
