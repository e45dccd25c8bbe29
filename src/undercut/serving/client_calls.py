"""What a client says and how it reads the answer, without the wire: both clients speak by it.

A call is a method, a path, a body and a reader. After each try, :class:`Manners` says how long to
wait for the next one, or reads what came; sending is all that :mod:`.client` adds.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
import numpy as np

from undercut.core.errors import UndercutError, fail
from undercut.predict.answers import any_answer
from undercut.serving.meter import UsageTotal
from undercut.serving.schemas import (
    FeedbackAnswer,
    ModelInfo,
    ModelsAnswer,
    PredictAnswer,
    UsageAnswer,
)

T = TypeVar("T")
CHUNK_INPUTS = 64
CHUNK_BYTES = 400_000
RETRIED = (429, 503)
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and what reads the JSON of its answer."""

    method: str
    path: str
    read: Callable[[Any], T]
    body: dict[str, Any] | None = None


def predict(inputs: Sequence[str], top: int | str, model: str | None) -> Call[PredictAnswer]:
    """Return the call of POST /v1/predict.

    Raises:
        UndercutError: one string instead of a list.
    """

    def read(answer: Any) -> PredictAnswer:
        found = PredictAnswer.model_validate(answer)
        rows = [any_answer().validate_python(row) for row in found.predictions]
        return found.model_copy(update={"predictions": rows})

    body: dict[str, Any] = {"inputs": _listed(inputs), "top": top}
    return Call("POST", "/v1/predict", read, body if model is None else body | {"model": model})


def feedback(
    request_id: str, target: str, index: int, comment: str, text: str
) -> Call[FeedbackAnswer]:
    """Return the call of POST /v1/feedback."""
    body = {"request_id": request_id, "index": index, "target": target}
    body |= {"comment": comment, "text": text}
    return Call("POST", "/v1/feedback", FeedbackAnswer.model_validate, body)


def usage() -> Call[list[UsageTotal]]:
    """Return the call of GET /v1/usage."""
    return Call("GET", "/v1/usage", lambda answer: UsageAnswer.model_validate(answer).usage)


def models() -> Call[list[ModelInfo]]:
    """Return the call of GET /v1/models."""
    return Call("GET", "/v1/models", lambda answer: ModelsAnswer.model_validate(answer).models)


def embeddings(inputs: Sequence[str], model: str) -> Call[np.ndarray]:
    """Return the call of POST /v1/embeddings; read as ``float32 (n, D)``.

    Raises:
        UndercutError: one string instead of a list.
    """

    def read(answer: Any) -> np.ndarray:
        rows = sorted(answer["data"], key=lambda row: row["index"])
        packed = [base64.b64decode(row["embedding"]) for row in rows]
        return np.stack([np.frombuffer(row, "<f4") for row in packed]).astype(np.float32)

    body = {"input": _listed(inputs), "model": model, "encoding_format": "base64"}
    return Call("POST", "/v1/embeddings", read, body)


def chunks(inputs: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut texts into requests of bounded size.

    Raises:
        UndercutError: one string instead of a list.
    """
    inputs = _listed(inputs)
    start = size = 0
    for end, text in enumerate(inputs):
        length = len(text.encode("utf-8", "replace"))
        if end > start and (end - start >= CHUNK_INPUTS or size + length > CHUNK_BYTES):
            yield inputs[start:end]
            start, size = end, 0
        size += length
    if len(inputs) > start:
        yield inputs[start:]


def _listed(inputs: Sequence[str]) -> list[str]:
    if isinstance(inputs, str):
        raise fail(
            "predict-input",
            expected="a list of texts",
            found="a single string",
            fix="Put it in a list: predict([text]).",
        )
    return list(inputs)


@dataclass(frozen=True)
class Manners:
    """How often to try, how long to wait, and what a refusal becomes.

    Attributes:
        retries: more tries after 429, 503 or a refused connection.
    """

    retries: int

    def after_error(self, error: Exception, attempt: int, base_url: str) -> float:
        """Return seconds to wait after a request that did not arrive.

        Raises:
            UndercutError: it is not to be tried again.
        """
        if isinstance(error, UnicodeEncodeError):
            raise fail(
                "predict-input",
                expected="texts of Unicode characters",
                found="half a surrogate pair",
                fix="Read the file with its own encoding.",
            ) from None
        # After a refused connection nothing was sent, so nothing can be billed twice.
        if isinstance(error, httpx.ConnectError) and attempt < self.retries:
            return _pause(attempt, None)
        raise fail(
            "server-unreachable",
            expected="a server that answers",
            found=str(error) or type(error).__name__,
            where=base_url,
            fix="Start one with: undercut serve ARTEFACT",
        ) from None

    def after(self, response: httpx.Response, attempt: int) -> float | None:
        """Return seconds to wait when the server was too busy, ``None`` when it answered."""
        final = response.headers.get("x-should-retry") == "false"
        if response.status_code in RETRIED and attempt < self.retries and not final:
            return _pause(attempt, response.headers.get("retry-after"))
        return None

    def read(self, call: Call[T], response: httpx.Response) -> T:
        """Return what a response says.

        Raises:
            UndercutError: a refusal, with the server's own code and words; or no answer of ours.
        """
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.is_success and answer is not None:
            try:
                return call.read(answer)
            except (ValueError, KeyError, TypeError):
                answer = None
        raise _refused(response, answer if isinstance(answer, dict) else {})


def _refused(response: httpx.Response, problem: dict[str, Any]) -> UndercutError:
    theirs = problem.get("error")
    if isinstance(theirs, dict):  # the routes that speak OpenAI's shape
        problem = {"code": theirs.get("code"), "detail": theirs.get("message")}
    return fail(
        str(problem.get("code", "http")),
        expected="an answer",
        found=f"{response.status_code}: {problem.get('detail', 'no answer of undercut')}",
        where=str(response.url),
        fix=str(problem.get("fix", "")),
    )


def _pause(attempt: int, asked: str | None) -> float:
    """Return seconds to wait: what the server asks, or 0.25 * 2^attempt; plus up to half more."""
    seconds = float(asked) if asked and asked.isdecimal() else 0.25 * 2**attempt
    return min(LONGEST_PAUSE_SECONDS, seconds) * random.uniform(1.0, 1.5)
