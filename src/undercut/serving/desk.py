"""What every route of the HTTP API works with: who calls, what they sent, where things are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request, Response, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from undercut.serving.admission import store_failed
from undercut.serving.feedback import FeedbackStore
from undercut.serving.intake import read_body
from undercut.serving.keys import ApiKey, KeyStore
from undercut.serving.meter import Meter
from undercut.serving.metrics import Requests
from undercut.serving.options import Limits
from undercut.serving.problems import ApiError
from undercut.serving.releasing.acts import Releases
from undercut.serving.releasing.trials import Trials
from undercut.serving.shelf import Shelf
from undercut.serving.till import Till

COMMON = (401, 403, 503)


@dataclass(frozen=True)
class Desk:
    """The parts of one server.

    Attributes:
        shelf: the models.
        keys: where API keys are looked up; ``None`` asks for none.
        till: where requests are let in against budgets; ``None`` lets every key in, unpriced.
        meter: where usage goes.
        feedback: where corrections go.
        limits: what is accepted.
        requests: counts of what was asked and answered.
        count_tokens: tokens of a text, for batching and usage; runs on the event loop.
        trials: where a candidate answers beside; ``None`` without one.
        releases: what an administrator may change of what is served.
        verifying: keys that are being looked up now, by secret.
    """

    shelf: Shelf
    keys: KeyStore | None
    till: Till | None
    meter: Meter
    feedback: FeedbackStore
    limits: Limits
    requests: Requests
    count_tokens: Callable[[str], int]
    trials: Trials | None = None
    releases: Releases | None = None
    verifying: dict[str, asyncio.Future[ApiKey | None]] = field(default_factory=dict)

    @property
    def keyed(self) -> dict[str, Any]:
        """Return what a keyed route tells OpenAPI; :meth:`caller` does the work."""
        return {"dependencies": [Security(HTTPBearer(auto_error=False))]} if self.keys else {}

    async def caller(self, request: Request, scope: str) -> ApiKey | None:
        """Return the caller's key, ``None`` when no key is asked for.

        Raises:
            ApiError: 401 without a valid key, 403 when it lacks the scope.
        """
        if self.keys is None:
            return None
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        key = None
        if kind.lower() == "bearer" and (secret := secret.strip()):
            key = self.keys.recall(secret) or await self._verified(self.keys, secret)
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

    async def _verified(self, keys: KeyStore, secret: str) -> ApiKey | None:
        """Look a key up, once for all requests that wait for it."""
        running = self.verifying.get(secret)
        if running is None:
            running = asyncio.ensure_future(in_thread(keys.verify, secret))
            self.verifying[secret] = running
            running.add_done_callback(lambda _: self.verifying.pop(secret, None))
        return await asyncio.shield(running)

    async def body_of(self, request: Request) -> bytes:
        """Return a JSON body, unread so far, within the size limit and the deadline."""
        until = request.state.started + self.limits.deadline_seconds
        return await read_body(
            request.receive, request.headers, most_bytes=self.limits.body_bytes, until=until
        )


async def in_thread(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run work that touches the disk; 503 when the disk or the database refuses."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except (SQLAlchemyError, OSError) as error:
        raise store_failed(error) from None


def id_of(key: ApiKey | None) -> str | None:
    """Return the id of a key, ``None`` where no key is asked for."""
    return key.id if key else None


def json_of(answer: BaseModel) -> Response:
    """Return a record as a JSON answer."""
    return Response(answer.model_dump_json(), media_type="application/json")


def takes(body: type[BaseModel]) -> dict[str, Any]:
    """Return what OpenAPI is told of a body that the route reads itself."""
    schema = body.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
