"""Vectors as OpenAI's embeddings: lists of numbers, or float32 in base64."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from undercut.serving.opened import Vector
from undercut.serving.problems import ApiError
from undercut.serving.schemas import ModelInfo

DECIMALS = 8
"""Of a coordinate as a number: half a unit of the last is less than float32 resolves near 0.1."""


class EmbeddingBody(BaseModel):
    """Texts whose vectors are wanted."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"model": "full", "input": ["where is my parcel", "我的包裹在哪里"]}]
        },
    )
    model: str = Field(description="name or version of a model served here")
    input: str | list[str] = Field(
        description="one text, or a list of texts; token ids are not taken, since models differ "
        "in them"
    )
    encoding_format: Literal["float", "base64"] | None = Field(
        None, description="float (the default), or base64 of little-endian float32"
    )
    dimensions: Annotated[int, Field(ge=1)] | None = Field(
        None, description="the model's own width, or nothing: vectors are not cut"
    )
    user: Any = Field(None, description="accepted; it changes nothing")


class EmbeddingAnswer(BaseModel):
    """A vector of length 1 for each text, in order.

    ``truncated`` beside a vector says that the text was longer than the model reads, and cut: a
    field more than OpenAI's answers have, which their clients keep.
    """

    object: Literal["list"]
    data: list[Any]
    model: str
    usage: dict[str, int] = Field(description="tokens read, which is what is billed")


def embedding_json(
    info: ModelInfo, vectors: Sequence[Vector], tokens: int, body: EmbeddingBody
) -> bytes:
    """Return an :class:`EmbeddingAnswer` as JSON.

    Raises:
        ApiError: 422 when another width is asked for than the model has.
    """
    table = np.stack([v.row for v in vectors])
    width = table.shape[1]
    if body.dimensions not in (None, width):
        raise ApiError(
            422,
            "dimensions",
            f"expected dimensions {width}, the width of this model; found {body.dimensions}",
            "Leave it out.",
            param="dimensions",
        )
    rows: list[Any]
    if body.encoding_format == "base64":
        rows = [base64.b64encode(row.tobytes()).decode() for row in table.astype("<f4")]
    else:
        rows = np.round(table.astype(np.float64), DECIMALS).tolist()
    data = [
        {"object": "embedding", "index": i, "embedding": row, "truncated": v.truncated}
        for i, (row, v) in enumerate(zip(rows, vectors, strict=True))
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return to_json({"object": "list", "data": data, "model": info.name, "usage": usage})
