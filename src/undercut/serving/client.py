"""A small client of the HTTP API: lists in, lists out, polite retries."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any

from undercut.core.errors import MissingExtra, Problem, fail
from undercut.predict.answers import any_answer
from undercut.serving.schemas import FeedbackAnswer, PredictAnswer

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

CHUNK_INPUTS = 64
CHUNK_BYTES = 400_000
RETRIED = (429, 503)
LONGEST_PAUSE_SECONDS = 30.0


class Client:
    """Asks a server.

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
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=timeout_seconds, transport=transport
        )
        self._retries, self._sleep = retries, sleep

    def predict(self, inputs: Sequence[str], top: int | str = 5) -> list[Any]:
        """Answer texts, any number of them, in order; ``probabilities`` lists ``top`` labels.

        An answer is the record of the server's task: a ``Prediction``, or entities.

        Raises:
            UndercutError: the server refused or could not be reached.
        """
        return [row for chunk in _chunks(inputs) for row in self.ask(chunk, top).predictions]

    def ask(self, inputs: Sequence[str], top: int | str = 5) -> PredictAnswer:
        """Send one request and return all of its answer, ``request_id`` included.

        Raises:
            UndercutError: the server refused or could not be reached.
        """
        if isinstance(inputs, str):
            raise fail(
                "predict-input",
                expected="a list of texts",
                found="a single string",
                fix="Put it in a list: predict([text]).",
            )
        body = {"inputs": list(inputs), "top": top}
        answer = PredictAnswer.model_validate(self.post("/v1/predict", body))
        rows = [any_answer().validate_python(row) for row in answer.predictions]
        return answer.model_copy(update={"predictions": rows})

    def feedback(
        self, request_id: str, target: str, index: int = 0, comment: str = ""
    ) -> FeedbackAnswer:
        """Send the right answer to input ``index`` of an earlier request.

        Raises:
            UndercutError: the server refused or could not be reached.
        """
        body = {"request_id": request_id, "index": index, "target": target, "comment": comment}
        return FeedbackAnswer.model_validate(self.post("/v1/feedback", body))

    def get(self, path: str) -> Any:
        """Return the JSON answer of another route, such as an administrator's.

        Raises:
            UndercutError: the server refused or could not be reached.
        """
        return self._send("GET", path)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON to another route and return the JSON answer. Raises as :meth:`get`."""
        return self._send("POST", path, json=body)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, method: str, path: str, **more: Any) -> Any:
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                response = self._http.request(method, path, **more)
            except httpx.ConnectError as e:  # nothing was sent, so nothing can be billed twice
                if last:
                    raise self._unreachable(e) from None
                self._sleep(_pause(attempt, None))
                continue
            except httpx.HTTPError as e:
                raise self._unreachable(e) from None
            except UnicodeEncodeError:
                raise fail(
                    "predict-input",
                    expected="texts of Unicode characters",
                    found="half a surrogate pair",
                    fix="Read the file with its own encoding.",
                ) from None
            if response.status_code in RETRIED and not last:
                self._sleep(_pause(attempt, response.headers.get("retry-after")))
                continue
            return self._read(response)
        raise AssertionError("unreachable")

    def _read(self, response: httpx.Response) -> Any:
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.is_success and answer is not None:
            return answer
        problem = answer if isinstance(answer, dict) else {}
        raise fail(
            str(problem.get("code", "http")),
            expected="an answer",
            found=f"{response.status_code}: {problem.get('detail', 'no answer of undercut')}",
            where=str(response.url),
            fix=str(problem.get("fix", "")),
        )

    def _unreachable(self, error: httpx.HTTPError) -> Exception:
        return fail(
            "server-unreachable",
            expected="a server that answers",
            found=str(error) or type(error).__name__,
            where=str(self._http.base_url),
            fix="Start one with: undercut serve ARTEFACT",
        )


def _pause(attempt: int, asked: str | None) -> float:
    """Return seconds to wait: what the server asks, or 0.25 * 2^attempt; plus up to half more."""
    seconds = float(asked) if asked and asked.isdecimal() else 0.25 * 2**attempt
    return min(LONGEST_PAUSE_SECONDS, seconds) * random.uniform(1.0, 1.5)


def _chunks(inputs: Sequence[str]) -> Iterator[Sequence[str]]:
    if isinstance(inputs, str):
        yield inputs  # refused by `ask`
        return
    start = size = 0
    for end, text in enumerate(inputs):
        length = len(text.encode("utf-8", "replace"))
        if end > start and (end - start >= CHUNK_INPUTS or size + length > CHUNK_BYTES):
            yield inputs[start:end]
            start, size = end, 0
        size += length
    if len(inputs) > start:
        yield inputs[start:]
