"""From bytes on the wire to an awaited answer: plain ASGI, no framework."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from typing import Any

from undercut.core.errors import UndercutError
from undercut.serving.guard import Receive, log_error
from undercut.serving.problems import ApiError
from undercut.serving.waiting import ClosedError, DeadlineError, ModelError, QueueFullError


async def read_body(
    receive: Receive, headers: Mapping[str, str], *, most_bytes: int, until: float
) -> bytes:
    """Read a JSON body within the size limit and the deadline.

    Only ``application/json`` is taken: a web page of another origin cannot send that without
    asking, and CORS is off.

    Args:
        receive: ASGI receive.
        headers: with lower-case names.
        most_bytes: size limit.
        until: deadline on the clock of ``time.monotonic``.

    Raises:
        ApiError: 415, 413 or 408.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or "content-encoding" in headers:
        raise ApiError(
            415,
            "content-type",
            "expected content-type application/json without content-encoding",
            "Set the header content-type: application/json.",
        )
    declared = headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 18 or int(declared) > most_bytes):
        raise _too_large(most_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(max(0.0, until - time.monotonic())):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise TimeoutError
                body += message.get("body", b"")
                if len(body) > most_bytes:
                    raise _too_large(most_bytes)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise ApiError(
            408, "body-late", "the body did not arrive in time", "Send it again."
        ) from None


def _too_large(most_bytes: int) -> ApiError:
    return ApiError(
        413,
        "body-too-large",
        f"expected a body of at most {most_bytes} bytes; found more",
        "Send fewer or shorter texts in one request.",
    )


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def answered(receive: Receive, asked: Awaitable[list[Any]]) -> list[Any]:
    """Await the model's answer, dropping it when the caller hangs up first.

    Args:
        receive: ASGI receive, the body having been read.
        asked: the answer; cancelled when the caller is gone.

    Raises:
        ApiError: 429, 503, 504; 422 when the model refuses the input, 500 when it fails on it;
            499, which nobody sees, when the caller is gone.
    """
    task = asyncio.current_task()
    assert task is not None
    over = hung_up = False

    def hang_up(_: asyncio.Future[None]) -> None:
        nonlocal hung_up
        if not over:
            hung_up = True
            task.cancel()

    gone = asyncio.ensure_future(_gone(receive))
    gone.add_done_callback(hang_up)
    try:
        return await asked
    except asyncio.CancelledError:
        if hung_up and not task.uncancel():
            raise ApiError(499, "hung-up", "the caller hung up") from None
        raise
    except QueueFullError as e:
        raise ApiError(
            429,
            "queue-full",
            "too many texts are waiting",
            f"Try again in {e.retry_after_seconds} s.",
            e.retry_after_seconds,
        ) from None
    except DeadlineError:
        raise ApiError(504, "deadline", "no answer before the deadline", "Try again.") from None
    except ClosedError:
        raise ApiError(503, "stopping", "the server is stopping", "Try again.", 1) from None
    except ModelError as e:
        cause = e.__cause__
        if isinstance(cause, UndercutError):
            fixes = " ".join(p.fix for p in cause.problems if p.fix)
            raise ApiError(422, cause.code, str(cause), fixes) from None
        log_error("the model failed", cause or e)
        raise ApiError(500, "model-failed", "the model failed on this request") from None
    finally:
        over = True
        gone.cancel()
