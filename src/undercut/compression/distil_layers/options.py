"""Options of the `distil-layers` compressor."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LayersOptions(BaseModel):
    """Which layers the student starts from, and what it is taught."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(0.5, gt=0, lt=1, description="share of the layers that stays")
    layers: tuple[int, ...] = Field(
        (), description="the layers that stay, from 0; spread evenly, first and last among them, "
        "if not given"
    )  # fmt: skip
    epochs: int | None = Field(
        None, ge=1, le=100, description="times to go through the texts; by their number if unset"
    )
    rate: float | None = Field(None, gt=0, lt=1, description="highest learning rate; 3e-4 if unset")
    trust: float = Field(
        0.6, ge=0, le=1, description="weight of the teacher's answer against the true label"
    )
    made_up: float = Field(
        1.0, ge=0, le=10, description="texts made up for each labelled one, answered by the teacher"
    )
