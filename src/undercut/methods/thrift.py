"""Options of every method that trains, for when memory is short."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ThriftOptions(BaseModel):
    """Less memory for more time; what comes out stays the same but for rounding."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accumulate: int = Field(
        1,
        ge=1,
        le=1024,
        description="Batches whose gradients are added up for one step of the optimiser.",
    )
    checkpointing: bool = Field(
        False,
        description="Compute each layer a second time in the backward pass instead of keeping "
        "what it computed.",
    )
