"""Bodies of the HTTP API: what is asked and what is answered."""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator
from pydantic_core import from_json

from undercut.core import plugins
from undercut.core.errors import did_you_mean
from undercut.core.types import Record
from undercut.serving.key_record import ApiKey
from undercut.serving.meter import UsageTotal
from undercut.serving.problems import ApiError

Body = TypeVar("Body", bound=BaseModel)
Top = Annotated[int, Field(ge=1, le=10_000, strict=True)] | Literal["all"]


class ModelInfo(Record):
    """The model being served."""

    name: str
    version: str = Field(description="hash of the artefact")
    task: str = "text-classification"
    labels: tuple[str, ...] = ()
    architecture: str = ""
    backend: str = ""
    created_at: str = ""


class PredictBody(BaseModel):
    """Texts to answer."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {"inputs": "where is my parcel"},
                {"inputs": ["where is my parcel", "我的包裹在哪里"], "top": "all"},
            ]
        },
    )
    inputs: str | list[str] = Field(description="one text, or a list of texts")
    model: str | None = Field(
        None,
        description="name or version of the model to answer; the first by default, refused when "
        "it is not served here",
    )
    top: Top = Field(5, description='how many labels `probabilities` lists, 1 to 10,000, or "all"')


class FeedbackBody(BaseModel):
    """The right answer to an input of an earlier request."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"request_id": "req_0f3c", "index": 0, "target": "card_arrival"}]
        },
    )
    request_id: str = Field(
        min_length=1, max_length=100, description="`request_id` of the answer being corrected"
    )
    index: int = Field(0, ge=0, description="which input of the request, from 0")
    target: str = Field(
        min_length=1, max_length=1_000, description="the right answer, 1 to 1,000 characters"
    )
    comment: str = Field("", max_length=10_000, description="at most 10,000 characters")
    text: str = Field(
        "",
        max_length=20_000,
        description="the text that was asked, at most 20,000 characters; without it the "
        "correction cannot be learned from, since the server keeps no texts",
    )

    @field_validator("request_id", "target", "comment", "text")
    @classmethod
    def _no_nul(cls, value: str) -> str:
        if "\0" in value:
            raise ValueError("a NUL character cannot be stored")
        return value


class Quantities(BaseModel):
    """What a request used."""

    inputs: int
    tokens: int = Field(description="estimated: UTF-8 bytes / 4, rounded up, a text")


class PredictAnswer(BaseModel):
    """Predictions in the order of the inputs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "request_id": "req_0f3c",
                    "model": "linear",
                    "version": "9b2d",
                    "predictions": [
                        {
                            "label": "card_arrival",
                            "probability": 0.92,
                            "probabilities": {"card_arrival": 0.92, "lost_card": 0.03},
                            "truncated": False,
                        }
                    ],
                    "usage": {"inputs": 1, "tokens": 5},
                }
            ]
        }
    )
    request_id: str
    model: str
    version: str
    predictions: list[Any]
    usage: Quantities


def predict_answer(tasks: Iterable[str]) -> type[PredictAnswer]:
    """Return the answer of a server of some tasks: its predictions are the tasks' records."""
    records = [plugins.attr(plugins.get("task", t).answer) for t in dict.fromkeys(tasks)]
    rows: Any = list[functools.reduce(operator.or_, records)]  # type: ignore[misc]
    return create_model("PredictAnswer", __base__=PredictAnswer, predictions=(rows, ...))


class FeedbackAnswer(BaseModel):
    """Receipt of a correction."""

    request_id: str
    index: int
    known_label: bool = Field(description="whether the model knows the target as a label")


class UsageAnswer(BaseModel):
    """Usage by model."""

    usage: list[UsageTotal]


class ModelListed(BaseModel):
    """A model as OpenAI's clients list it."""

    id: str = Field(description="its name")
    object: Literal["model"] = "model"
    created: int = Field(description="seconds since 1970, UTC; 0 when not known")
    owned_by: str = "undercut"


class ModelsAnswer(BaseModel):
    """Models being served, in our shape and in that of OpenAI's clients."""

    object: Literal["list"] = "list"
    data: list[ModelListed]
    models: list[ModelInfo]


class KeysListed(BaseModel):
    """Every key."""

    keys: list[ApiKey]


class Health(BaseModel):
    """Health of the process."""

    status: str


def parse(raw: bytes, model: type[Body]) -> Body:
    """Read a request body.

    Raises:
        ApiError: 400 when it is not JSON (or nested too deep, or not UTF-8), 422 when it is not
            what ``model`` says; all mistakes at once, never quoting the texts.
    """
    try:
        value: Any = from_json(raw, cache_strings="keys")
    except ValueError as e:
        raise ApiError(
            400, "not-json", f"expected a JSON object; found: {e}", "Send UTF-8 encoded JSON."
        ) from None
    fields = model.model_fields
    if not isinstance(value, dict):
        raise _refused("expected a JSON object", model)
    if unknown := [str(k)[:40] for k in value if k not in fields][:3]:
        hints = " ".join(did_you_mean(k, fields) for k in unknown)
        names = ", ".join(unknown)
        raise ApiError(422, "field-unknown", f"unknown field {names}", hints, param=unknown[0])
    listed = value.get("inputs")
    if isinstance(listed, list):
        odd = next((i for i, x in enumerate(listed) if not isinstance(x, str)), None)
        if odd is not None:
            raise _refused(f"expected a string in inputs[{odd}]", model)
    try:
        return model.model_validate(value)
    except ValidationError as e:
        wrong = dict.fromkeys(str(error["loc"][0]) for error in e.errors(include_input=False))
        parts = [f"expected {name}: {fields[name].description}" for name in wrong]
        raise _refused("; ".join(parts), model, next(iter(wrong))) from None


def _refused(message: str, model: type[BaseModel], param: str | None = None) -> ApiError:
    example = (model.model_config.get("json_schema_extra") or {})["examples"][0]  # type: ignore[index]
    fix = f"For example: {json.dumps(example)}"
    return ApiError(422, "body-invalid", message, fix, param=param)
