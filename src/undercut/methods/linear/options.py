"""Options of the linear method."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_C = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class LinearOptions(BaseModel):
    """Options of ``linear``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    c: tuple[_C, ...] = Field(
        (),
        description="Inverse regularisation strengths to choose from; by data size if empty.",
        json_schema_extra={"tune": {"low": 0.03, "high": 10.0, "log": True}},
    )
    words: int = Field(
        2,
        ge=0,
        le=5,
        description="Longest word n-gram.",
        json_schema_extra={"tune": {"low": 1, "high": 3}},
    )
    char_min: int = Field(
        3,
        ge=2,
        le=8,
        description="Shortest character n-gram.",
        json_schema_extra={"tune": {"low": 2, "high": 3}},
    )
    char_max: int = Field(
        4,
        ge=0,
        le=8,
        description="Longest character n-gram; 0 for none.",
        json_schema_extra={"tune": {"low": 3, "high": 6}},
    )
    min_df: int | None = Field(
        None,
        ge=1,
        description="Drop n-grams in fewer rows than this; by data size if not given.",
        json_schema_extra={"tune": {"low": 1, "high": 4}},
    )
    bits: int = Field(21, ge=8, le=24, description="n-grams are hashed to 2**bits buckets.")
    class_weight: Literal["none", "balanced"] = Field(
        "none",
        description="balanced: weigh rows by the inverse of their class's frequency.",
        json_schema_extra={"tune": {"choices": ["none", "balanced"]}},
    )

    @model_validator(mode="after")
    def _some_features(self) -> LinearOptions:
        if not self.words and self.char_max < self.char_min:
            raise ValueError("words = 0 and no character n-grams leave no features")
        return self
