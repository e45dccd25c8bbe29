"""Options of the `prune` compressor."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PruneOptions(BaseModel):
    """What stays of each layer, and how long the rest is trained again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    heads: float = Field(1.0, gt=0, le=1, description="share of the attention heads that stays")
    units: float = Field(1.0, gt=0, le=1, description="share of the feed-forward units that stays")
    layers: int | None = Field(
        None, ge=1, description="layers that stay, those whose loss would cost most; all if unset"
    )
    sample_rows: int = Field(
        512, ge=16, le=100_000, description="training rows that importance is measured on"
    )
    epochs: int | None = Field(
        None, ge=0, le=100, description="times to go through the rows again; 0: no recovery; by "
        "data size if unset"
    )  # fmt: skip
    rate: float | None = Field(None, gt=0, lt=1, description="highest learning rate; 3e-4 if unset")
    trust: float = Field(
        0.5, ge=0, le=1, description="weight of the teacher's answer against the true label"
    )
    made_up: float = Field(
        0.0, ge=0, le=10, description="texts made up for each labelled one, answered by the teacher"
    )
