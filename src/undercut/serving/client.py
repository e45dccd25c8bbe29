"""Two small clients of the HTTP API, one that waits and one to be awaited; polite retries.

What is said and read is in :mod:`undercut.serving.client_calls`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from undercut.core.errors import MissingExtra, Problem

try:
    import httpx
except ImportError:
    raise MissingExtra(
        "extra-missing",
        Problem(
            "the packages of the client to be installed",
            "no httpx",
            fix='Run: pip install "undercut[serve]"',
        ),
    ) from None

from undercut.serving import client_calls as calls

if TYPE_CHECKING:
    from undercut.serving.client_calls import Call
    from undercut.serving.meter import UsageTotal
    from undercut.serving.schemas import FeedbackAnswer, ModelInfo, PredictAnswer

T = TypeVar("T")


def _headers(api_key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {api_key}"} if api_key else {}


def _as_it_is(answer: Any) -> Any:
    return answer


class Client:
    """Asks a server. Every call raises :class:`UndercutError` when it is refused or unreachable.

    Args:
        base_url: such as ``http://127.0.0.1:8000``.
        api_key: sent as bearer token.
        timeout_seconds: of one try.
        retries: more tries after 429, 503 or a refused connection, with exponential pauses and
            jitter, or the pause the server asks for.
        transport: how requests travel; ``httpx`` decides by default.
        sleep: called with seconds between tries.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 30.0,
        retries: int = 4,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            headers=_headers(api_key),
            timeout=timeout_seconds,
            transport=transport,
        )
        self._manners, self._sleep = calls.Manners(retries), sleep

    def predict(
        self, inputs: Sequence[str], top: int | str = 5, model: str | None = None
    ) -> list[Any]:
        """Answer texts, any number of them, in order; ``probabilities`` lists ``top`` labels.

        An answer is the record of the server's task: a ``Prediction``, or entities. ``model`` is
        a name or version; the server's first by default.
        """
        parts = calls.chunks(inputs)
        return [row for part in parts for row in self.ask(part, top, model).predictions]

    def ask(
        self, inputs: Sequence[str], top: int | str = 5, model: str | None = None
    ) -> PredictAnswer:
        """Send one request and return all of its answer, ``request_id`` included."""
        return self._do(calls.predict(inputs, top, model))

    def feedback(
        self, request_id: str, target: str, index: int = 0, comment: str = "", text: str = ""
    ) -> FeedbackAnswer:
        """Send the right answer to input ``index`` of an earlier request, and its text if kept."""
        return self._do(calls.feedback(request_id, target, index, comment, text))

    def usage(self) -> list[UsageTotal]:
        """Return what the key has used so far, by model."""
        return self._do(calls.usage())

    def models(self) -> list[ModelInfo]:
        """Return the models that the key may ask, the default first."""
        return self._do(calls.models())

    def embeddings(self, inputs: Sequence[str], model: str | None = None) -> np.ndarray:
        """Return a vector of length 1 for each text, ``float32 (n, D)``."""
        name = model or self.models()[0].name
        parts = [self._do(calls.embeddings(part, name)) for part in calls.chunks(inputs)]
        return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)

    def get(self, path: str) -> Any:
        """Return the JSON answer of another route, such as an administrator's."""
        return self._do(calls.Call("GET", path, _as_it_is))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON to another route, and return the JSON answer."""
        return self._do(calls.Call("POST", path, _as_it_is, body))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, call: Call[T]) -> T:
        for attempt in count():
            try:
                response = self._http.request(call.method, call.path, json=call.body)
            except (httpx.HTTPError, UnicodeEncodeError) as error:
                pause = self._manners.after_error(error, attempt, str(self._http.base_url))
            else:
                again = self._manners.after(response, attempt)
                if again is None:
                    return self._manners.read(call, response)
                pause = again
            self._sleep(pause)
        raise AssertionError("unreachable")


class AsyncClient:
    """Asks a server from a coroutine; see :class:`Client`, whose calls it has, to be awaited."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 30.0,
        retries: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers=_headers(api_key),
            timeout=timeout_seconds,
            transport=transport,
        )
        self._manners, self._sleep = calls.Manners(retries), sleep

    async def predict(
        self, inputs: Sequence[str], top: int | str = 5, model: str | None = None
    ) -> list[Any]:
        """Answer texts, any number of them, in order; see :meth:`Client.predict`."""
        parts = calls.chunks(inputs)
        return [row for part in parts for row in (await self.ask(part, top, model)).predictions]

    async def ask(
        self, inputs: Sequence[str], top: int | str = 5, model: str | None = None
    ) -> PredictAnswer:
        """Send one request and return all of its answer, ``request_id`` included."""
        return await self._do(calls.predict(inputs, top, model))

    async def feedback(
        self, request_id: str, target: str, index: int = 0, comment: str = "", text: str = ""
    ) -> FeedbackAnswer:
        """Send the right answer to input ``index`` of an earlier request, and its text if kept."""
        return await self._do(calls.feedback(request_id, target, index, comment, text))

    async def usage(self) -> list[UsageTotal]:
        """Return what the key has used so far, by model."""
        return await self._do(calls.usage())

    async def models(self) -> list[ModelInfo]:
        """Return the models that the key may ask, the default first."""
        return await self._do(calls.models())

    async def embeddings(self, inputs: Sequence[str], model: str | None = None) -> np.ndarray:
        """Return a vector of length 1 for each text, ``float32 (n, D)``."""
        name = model or (await self.models())[0].name
        parts = [await self._do(calls.embeddings(part, name)) for part in calls.chunks(inputs)]
        return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _do(self, call: Call[T]) -> T:
        for attempt in count():
            try:
                response = await self._http.request(call.method, call.path, json=call.body)
            except (httpx.HTTPError, UnicodeEncodeError) as error:
                pause = self._manners.after_error(error, attempt, str(self._http.base_url))
            else:
                again = self._manners.after(response, attempt)
                if again is None:
                    return self._manners.read(call, response)
                pause = again
            await self._sleep(pause)
        raise AssertionError("unreachable")
