"""Past the framework's router to the routes that are asked most. Plain ASGI.

FastAPI's routing, dependencies and exit stacks cost about a third of the processor time of a
request to a small model. A route here reads its request itself and answers with a ``Response``,
so that nothing of them is needed; they stay the route's place in OpenAPI, and answer every method
that is not here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from undercut.serving.guard import App, Receive, Send
from undercut.serving.problems import ApiError

Endpoint = Callable[[Request], Awaitable[Response]]


class Shortcut:
    """ASGI middleware; goes inside :class:`undercut.serving.guard.Guard`.

    Args:
        app: what answers everything else.
        endpoints: what answers, by method and path.
        refusal: makes a response of an error, at a path.
    """

    def __init__(
        self,
        app: App,
        *,
        endpoints: Mapping[tuple[str, str], Endpoint],
        refusal: Callable[[ApiError, str], Response],
    ) -> None:
        self._app, self._endpoints, self._refusal = app, endpoints, refusal

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass one request through."""
        endpoint = None
        if scope["type"] == "http":
            endpoint = self._endpoints.get((scope["method"], scope["path"]))
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        try:
            response = await endpoint(Request(scope, receive))
        except ApiError as error:
            response = self._refusal(error, scope["path"])
        await response(scope, receive, send)
