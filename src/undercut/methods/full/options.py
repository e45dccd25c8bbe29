"""Options of full fine-tuning."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class FullOptions(BaseModel):
    """Options of ``full``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Times to go through the rows; by data size if not given.",
        json_schema_extra={"tune": {"low": 1, "high": 6}},
    )
    rate: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Highest learning rate; 2e-4 if not given.",
        json_schema_extra={"tune": {"low": 5e-5, "high": 1e-3, "log": True}},
    )
    batch_tokens: int = Field(
        1024,
        ge=64,
        le=65536,
        description="Tokens of a batch at most, padding counted.",
        json_schema_extra={"tune": {"choices": [256, 512, 1024, 2048]}},
    )
    max_tokens: int = Field(256, ge=8, le=8192, description="Tokens read of one text, at most.")
