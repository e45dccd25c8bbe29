"""Options of LoRA."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from undercut.methods.tuning import TuningOptions
from undercut.methods.usual import Usual


class LoraOptions(TuningOptions):
    """Options of ``lora``."""

    usual: ClassVar[Usual] = Usual(3, 1e-3)

    rank: int = Field(16, ge=1, le=1024, description="Rank of the added terms.")
    alpha: float | None = Field(
        None, gt=0, description="The terms count alpha / rank times; twice the rank if not given."
    )
    targets: Literal["all", "attention", "query-value"] = Field(
        "all", description="Linear layers that get a term: all, attention, or query-value."
    )
    merge: bool = Field(
        False, description="Write whole weights with the terms added, not the terms alone."
    )


class LoraTaggingOptions(LoraOptions):
    """Options of ``lora`` for tagging; a tagger's weights are always written whole."""

    usual: ClassVar[Usual] = Usual(5, 2e-3)
