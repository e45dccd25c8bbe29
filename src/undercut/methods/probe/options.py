"""Options of the probe."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_C = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ProbeOptions(BaseModel):
    """Options of ``probe``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    c: tuple[_C, ...] = Field(
        (3.0, 10.0, 30.0),
        min_length=1,
        description="Inverse regularisation strengths to choose from on validation.",
        json_schema_extra={"tune": {"low": 0.3, "high": 300.0, "log": True}},
    )
    max_tokens: int = Field(256, ge=8, le=8192, description="Tokens read of one text, at most.")


class ProbeTaggingOptions(ProbeOptions):
    """Options of ``probe`` for token classification."""

    max_tokens: int = Field(
        128, ge=16, le=8192, description="Tokens of a window; longer documents make several."
    )
