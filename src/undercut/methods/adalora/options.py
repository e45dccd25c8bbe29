"""Options of AdaLoRA."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from undercut.methods.tuning import TuningOptions
from undercut.methods.usual import Usual


class AdaLoraOptions(TuningOptions):
    """Options of ``adalora``."""

    usual: ClassVar[Usual] = Usual(4, 3e-3)

    rank: int = Field(8, ge=1, le=1024, description="Mean rank of the terms at the end.")
    start_rank: int = Field(
        16, ge=2, le=2048, description="Rank of every term at first; above `rank`."
    )
    alpha: float | None = Field(
        None,
        gt=0,
        description="The terms count alpha / start_rank times; twice start_rank if not given.",
    )
    targets: Literal["all", "attention", "query-value"] = Field(
        "all", description="Linear layers that get a term: all, attention, or query-value."
    )
    orthogonality: float = Field(
        0.5, ge=0, description="Weight of the penalty that keeps the terms' directions apart."
    )
    merge: bool = Field(
        False, description="Write whole weights with the terms added, not the terms alone."
    )

    @model_validator(mode="after")
    def _shrinks(self) -> AdaLoraOptions:
        if self.start_rank <= self.rank:
            raise ValueError(f"start_rank {self.start_rank} should be above rank {self.rank}")
        return self
