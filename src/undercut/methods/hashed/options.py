"""Options of the hashed method."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from undercut.models.linear.ngrams import NgramSpec

_C = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class NgramOptions(BaseModel):
    """Which n-grams are hashed, and to how many buckets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: int = Field(2, ge=0, le=5, description="Longest word n-gram.")
    char_min: int = Field(3, ge=2, le=8, description="Shortest character n-gram.")
    char_max: int = Field(4, ge=0, le=8, description="Longest character n-gram; 0 for none.")
    bits: int = Field(
        17,
        ge=8,
        le=22,
        description="n-grams are hashed to 2**bits buckets, of one byte a class each.",
    )

    @model_validator(mode="after")
    def _some_features(self) -> NgramOptions:
        if not self.words and self.char_max < self.char_min:
            raise ValueError("words = 0 and no character n-grams leave no features")
        return self

    @property
    def spec(self) -> NgramSpec:
        """The n-grams."""
        return NgramSpec(self.words, self.char_min, self.char_max, bits=self.bits)


class HashedOptions(NgramOptions):
    """Options of ``hashed``."""

    c: tuple[_C, ...] = Field(
        (1.0, 3.0),
        min_length=1,
        description="Inverse regularisation strengths to choose from on validation.",
        json_schema_extra={"tune": {"low": 0.03, "high": 10.0, "log": True}},
    )
    class_weight: Literal["none", "balanced"] = Field(
        "none",
        description="balanced: weigh rows by the inverse of their class's frequency.",
        json_schema_extra={"tune": {"choices": ["none", "balanced"]}},
    )
