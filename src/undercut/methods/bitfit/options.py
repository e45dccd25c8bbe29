"""Options of BitFit."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from undercut.methods.tuning import TuningOptions
from undercut.methods.usual import Usual


class BitfitOptions(TuningOptions):
    """Options of ``bitfit``."""

    usual: ClassVar[Usual] = Usual(4, 3e-3)

    merge: bool = Field(False, description="Write whole weights, not the biases alone.")


class BitfitTaggingOptions(BitfitOptions):
    """Options of ``bitfit`` for tagging; a tagger's weights are always written whole."""

    usual: ClassVar[Usual] = Usual(6, 3e-3)
