"""Options of the `quantise` compressor."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class QuantiseOptions(BaseModel):
    """int8 quantisation for ONNX Runtime."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    way: Literal["dynamic", "static"] = Field(
        "dynamic",
        description="dynamic: activations are scaled batch by batch; static: once, on training "
        "rows",
    )
    per_channel: bool = Field(
        True, description="one scale for each output column of a weight; one a matrix if false"
    )
    embeddings: bool = Field(
        True, description="store the word table in 8 bits too: a quarter of the size"
    )
    reduce_range: bool | None = Field(
        None,
        description="7-bit weights, for processors whose 8-bit sums saturate; "
        "if unset, a product with a known answer decides",
    )
    calibration_rows: int = Field(
        256, ge=16, le=10_000, description="training rows that static scales are measured on"
    )
    keep: tuple[str, ...] = Field(
        (), description="matrix products that stay in float; the most sensitive after a refusal"
    )
