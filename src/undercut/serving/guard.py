"""The door every request passes. Plain ASGI, no framework.

Accepted hosts, a bound on work in flight, one error shape, security headers, counts, and a log
that never holds texts or keys.
"""

from __future__ import annotations

import logging
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from undercut.serving.compatible.errors import shaped
from undercut.serving.metrics import Requests
from undercut.serving.problems import ApiError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

logger = logging.getLogger("undercut.serving")
access = logging.getLogger("undercut.serving.access")

IDS_AT_ONCE = 256
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
HTTPS_ALONE = (b"strict-transport-security", b"max-age=31536000")
"""Added where the server itself speaks TLS: a browser then never asks it in plain words again."""

ENCODED = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
NAMES = frozenset(name for name, _ in ENCODED)
CHARGE = b"x-undercut-micro-usd"
"""What the request was charged, millionths of a dollar; absent when it is not for sale."""


def random_ids() -> Iterator[str]:
    """Yield ids of 12 random bytes, in hexadecimal; one system call for many.

    A system call a request gives the interpreter to other threads, and waits to have it back.
    """
    while True:
        drawn = secrets.token_hex(12 * IDS_AT_ONCE)
        yield from (drawn[i : i + 24] for i in range(0, len(drawn), 24))


class Guard:
    """ASGI middleware.

    Args:
        app: what answers.
        requests: where requests are counted.
        routes: paths counted by name; all others count as ``other``.
        in_flight: most requests below ``/v1/`` at once.
        hosts: accepted names of the Host header, without port; ``None`` accepts any. A page in
            a browser can reach a server on loopback under a name of its own (DNS rebinding);
            where no key protects the server, this check does.
    """

    def __init__(
        self,
        app: App,
        *,
        requests: Requests,
        routes: frozenset[str],
        in_flight: int,
        hosts: frozenset[str] | None,
    ) -> None:
        self._app, self._requests, self._routes = app, requests, routes
        self._in_flight, self._hosts = in_flight, hosts
        self._ids = random_ids()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        request_id = "req_" + next(self._ids)
        scope.setdefault("state", {}).update(request_id=request_id, started=started)
        status = 0

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _headers(message["headers"], scope, status)
            await send(message)

        self._requests.in_flight += 1
        try:
            self._check(scope)
            await self._app(scope, receive, reply)
        except ApiError as error:
            await _refuse(error, scope["path"], reply)
        except Exception as error:
            log_error("request failed", error)
            if status:  # too late for another answer; do not let the message reach a log
                raise ConnectionAbortedError from None
            failed = ApiError(500, "internal", "the server failed on this request")
            await _refuse(failed, scope["path"], reply)
        finally:
            self._requests.in_flight -= 1
            route = scope["path"] if scope["path"] in self._routes else "other"
            seconds = time.monotonic() - started
            self._requests.observe(route, status, seconds)
            if access.isEnabledFor(logging.INFO):
                facts = (request_id, scope["method"], route, status, seconds * 1e3)
                access.info("%s %s %s %s %.1f ms", *facts)

    def _check(self, scope: MutableMapping[str, Any]) -> None:
        if self._hosts is not None:
            host = next((v for k, v in scope["headers"] if k == b"host"), b"").decode("latin-1")
            name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
            if name.lower() not in self._hosts:
                raise ApiError(
                    400,
                    "host-unknown",
                    "expected a Host header naming this server; found another",
                    "Name it in allowed_hosts, or serve with API keys.",
                )
        if scope["path"].startswith("/v1/") and self._requests.in_flight > self._in_flight:
            raise ApiError(
                503, "overloaded", "too many requests are in flight", "Try again.", retry_after=1
            )


def _headers(
    own: Iterable[tuple[bytes, bytes]], scope: Mapping[str, Any], status: int
) -> list[tuple[bytes, bytes]]:
    """Return an answer's own headers and those that every answer has."""
    found, state = [*own], scope["state"]
    present = {name for name, _ in found}
    added = ENCODED if present.isdisjoint(NAMES) else [p for p in ENCODED if p[0] not in present]
    found += added
    found.append((b"x-request-id", state["request_id"].encode()))
    if scope.get("scheme") == "https" and HTTPS_ALONE[0] not in present:
        found.append(HTTPS_ALONE)
    if (charge := state.get("micro_usd")) is not None and status < 300:
        found.append((CHARGE, b"%d" % charge))
    return found


async def _refuse(error: ApiError, path: str, send: Send) -> None:
    status, body, told = shaped(error, path)
    headers = [(k.encode(), v.encode()) for k, v in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def log_error(what: str, error: BaseException) -> None:
    """Log an error's type and place. Its message may quote a text, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames[-6:]))
    logger.error("%s: %s at %s", what, type(error).__name__, places or "unknown")
