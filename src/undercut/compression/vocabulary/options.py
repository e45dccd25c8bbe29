"""Options of the `vocabulary` compressor."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class VocabularyOptions(BaseModel):
    """Which pieces of the tokenizer are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(
        0.25,
        ge=0,
        le=1,
        description="share of the pieces to keep, at least: those the rows use, all single "
        "characters, then the pieces most frequent in the language",
    )
