"""One answer of a model as a chat completion, whole or as server-sent events.

A label is not written word by word: it is there at once, so a stream has it in one event. Nothing
is generated, so ``completion_tokens`` is 0 and ``usage`` is what is billed: the tokens read.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from heapq import nlargest
from operator import itemgetter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from undercut.predict.answers import answer_row, answer_said
from undercut.serving.compatible.chat_body import ChatBody
from undercut.serving.problems import ApiError
from undercut.serving.schemas import ModelInfo

LEAST = -9999.0
"""Log-probability told of what has probability 0; JSON has no infinity."""
TOP = 5


class ChatAnswer(BaseModel):
    """A chat completion with one choice."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "req_0f3c",
                    "object": "chat.completion",
                    "created": 1_790_000_000,
                    "model": "linear",
                    "system_fingerprint": "9b2d",
                    "choices": [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": "card_arrival"},
                            "logprobs": None,
                            "finish_reason": "stop",
                        }
                    ],
                    "usage": {"prompt_tokens": 5, "completion_tokens": 0, "total_tokens": 5},
                }
            ]
        }
    )
    id: str = Field(description="the request id, as /v1/feedback takes it")
    object: str
    created: int = Field(description="seconds since 1970, UTC")
    model: str
    system_fingerprint: str = Field(description="version of the model: hash of the artefact")
    choices: list[Any]
    usage: dict[str, int] = Field(description="tokens read, which is what is billed")
    prediction: Any = Field(description="the answer as /v1/predict gives it")


class Said:
    """An answer about to leave.

    Args:
        request_id: its id.
        info: what is told about the model.
        prediction: the model's answer.
        tokens: read.
        body: what was asked.

    Raises:
        ApiError: 422 when the model's task answers no chat, or log-probabilities are asked of an
            answer that has none.
    """

    def __init__(
        self, request_id: str, info: ModelInfo, prediction: Any, tokens: int, body: ChatBody
    ) -> None:
        said = answer_said(info.task, prediction)
        if said is None:
            raise ApiError(
                422, "chat-none", f"expected a model that answers chats; {info.task} does not"
            )
        self.content, likely = said
        self.logprobs = _logprobs(self.content, likely, body.top_logprobs or 0, body)
        self.row = answer_row(info.task, prediction, TOP)
        self.usage = {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
        self.told = bool(body.stream_options and body.stream_options.include_usage)
        self.common = {
            "id": request_id,
            "created": int(time.time()),
            "model": info.name,
            "system_fingerprint": info.version,
        }

    def whole(self) -> bytes:
        """Return a :class:`ChatAnswer` as JSON."""
        message = {"role": "assistant", "content": self.content, "refusal": None}
        choice = {"index": 0, "message": message} | self._end(self.logprobs)
        answer = self.common | {"object": "chat.completion", "choices": [choice]}
        return _json(answer | {"usage": self.usage, "prediction": self.row})

    def events(self) -> bytes:
        """Return the events of a stream: role, answer, end, usage if asked for, ``[DONE]``."""
        start = {"role": "assistant", "content": "", "refusal": None}
        chunks = [
            self._chunk(start, {"logprobs": None, "finish_reason": None}),
            self._chunk(
                {"content": self.content}, {"logprobs": self.logprobs, "finish_reason": None}
            ),
            self._chunk({}, self._end(None)) | {"prediction": self.row},
        ]
        if self.told:
            chunks = [chunk | {"usage": None} for chunk in chunks]
            chunks.append(self._chunk(None, {}) | {"usage": self.usage})
        lines = [*map(_json, chunks), b"[DONE]"]
        return b"".join(b"data: %s\n\n" % line for line in lines)

    def _end(self, logprobs: Any) -> dict[str, Any]:
        return {"logprobs": logprobs, "finish_reason": "stop"}

    def _chunk(self, delta: Any, rest: Mapping[str, Any]) -> dict[str, Any]:
        choices = [] if delta is None else [{"index": 0, "delta": delta, **rest}]
        return self.common | {"object": "chat.completion.chunk", "choices": choices}


def _logprobs(
    content: str, likely: Mapping[str, float], top: int, body: ChatBody
) -> dict[str, Any] | None:
    if not body.logprobs:
        if top:
            raise ApiError(
                422,
                "logprobs",
                "expected logprobs: true with top_logprobs",
                "Send both.",
                param="top_logprobs",
            )
        return None
    if not likely:
        raise ApiError(
            422,
            "logprobs",
            "expected a model whose answer is one of a fixed set; this one has none to compare",
            "Leave logprobs out; /v1/predict gives the probability of each entity.",
            param="logprobs",
        )
    best = nlargest(top, likely.items(), key=itemgetter(1))
    token = _token(content, likely[content])
    return {"content": [token | {"top_logprobs": [_token(*b) for b in best]}], "refusal": None}


def _token(text: str, probability: float) -> dict[str, Any]:
    logprob = math.log(probability) if probability > 0 else LEAST
    return {"token": text, "logprob": round(logprob, 6), "bytes": list(text.encode())}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
