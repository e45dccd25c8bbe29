"""The body of a chat completion: what is read of it, what changes nothing, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from undercut.serving.problems import ApiError

Ignored = Annotated[Any, Field(description="accepted; it changes nothing in a fixed set of labels")]


def _only(*allowed: Any) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value is not None and value not in allowed:
            raise ValueError("not supported")
        return value

    return check


class Part(BaseModel):
    """Part of a message."""

    model_config = ConfigDict(extra="allow", strict=True)
    type: str
    text: str | None = None


class Message(BaseModel):
    """One message; of those from the user, the last is the text to answer."""

    model_config = ConfigDict(extra="allow", strict=True)
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None


class StreamOptions(BaseModel):
    """How a stream ends."""

    model_config = ConfigDict(extra="allow", strict=True)
    include_usage: bool | None = Field(None, description="whether a last event tells the usage")


class ChatBody(BaseModel):
    """A conversation whose last message from the user is the text to answer."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "model": "linear",
                    "messages": [{"role": "user", "content": "where is my parcel"}],
                }
            ]
        },
    )
    model: str = Field(description="name or version of a model served here")
    messages: list[Message] = Field(
        min_length=1,
        description="messages with a role and a content that is a string or a list of parts; the "
        "last one from the user is the text to answer, all others are not read",
    )
    stream: bool | None = Field(None, description="true for server-sent events")
    stream_options: StreamOptions | None = Field(
        None, description='such as {"include_usage": true}'
    )
    logprobs: bool | None = Field(
        None, description="true for the log-probability of the label, as one token"
    )
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="0 to 20 likeliest labels with theirs"
    )

    n: Annotated[Any, AfterValidator(_only(1))] = Field(None, description="1: a text has one label")
    response_format: Annotated[Any, AfterValidator(_only({"type": "text"}))] = Field(
        None, description='{"type": "text"}: what the answer looks like follows from the task'
    )
    modalities: Annotated[Any, AfterValidator(_only(["text"]))] = Field(
        None, description='["text"]: answers are texts'
    )
    stop: Annotated[Any, AfterValidator(_only("", []))] = Field(
        None, description="nothing: an answer is not cut"
    )
    logit_bias: Annotated[Any, AfterValidator(_only({}))] = Field(
        None, description="nothing: probabilities are calibrated and stay as they are"
    )
    tools: Annotated[Any, AfterValidator(_only([]))] = Field(
        None, description="nothing: tools are not called"
    )
    tool_choice: Annotated[Any, AfterValidator(_only("none", "auto"))] = Field(
        None, description="nothing: tools are not called"
    )
    functions: Annotated[Any, AfterValidator(_only([]))] = Field(
        None, description="nothing: functions are not called"
    )
    function_call: Annotated[Any, AfterValidator(_only("none", "auto"))] = Field(
        None, description="nothing: functions are not called"
    )
    audio: Annotated[Any, AfterValidator(_only())] = Field(None, description="nothing: no sound")
    web_search_options: Annotated[Any, AfterValidator(_only())] = Field(
        None, description="nothing: nothing is searched"
    )
    moderation: Annotated[Any, AfterValidator(_only())] = Field(
        None, description="nothing: texts are not moderated"
    )
    store: Annotated[Any, AfterValidator(_only(False))] = Field(
        None, description="false: texts are not kept"
    )

    frequency_penalty: Ignored = None
    max_completion_tokens: Ignored = None
    max_tokens: Ignored = None
    metadata: Ignored = None
    parallel_tool_calls: Ignored = None
    prediction: Ignored = None
    presence_penalty: Ignored = None
    prompt_cache_key: Ignored = None
    prompt_cache_options: Ignored = None
    prompt_cache_retention: Ignored = None
    reasoning_effort: Ignored = None
    safety_identifier: Ignored = None
    seed: Ignored = None
    service_tier: Ignored = None
    temperature: Ignored = None
    top_p: Ignored = None
    user: Ignored = None
    verbosity: Ignored = None


def last_text(messages: list[Message]) -> str:
    """Return the last text from the user: its content, or its parts, a line each.

    Raises:
        ApiError: 422 when there is none, or when a part of it is not text.
    """
    for i in reversed(range(len(messages))):
        if messages[i].role != "user":
            continue
        content = messages[i].content
        if isinstance(content, str):
            return content
        for j, part in enumerate(content or []):
            if part.type != "text" or part.text is None:
                raise ApiError(
                    422,
                    "content-part",
                    f"expected a part of type text; found type '{part.type[:40]}'",
                    "Send the text alone.",
                    param=f"messages[{i}].content[{j}]",
                )
        if content:
            return "\n".join(part.text or "" for part in content)
        break
    raise ApiError(
        422,
        "message-none",
        "expected a message with the role 'user' and a text in it",
        'Send {"role": "user", "content": "the text"} as the last message.',
        param="messages",
    )
