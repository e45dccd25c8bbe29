"""Options of the `quantise` compressor."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class QuantiseOptions(BaseModel):
    """Dynamic int8 quantisation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
