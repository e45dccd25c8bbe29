"""Options of bottleneck adapters."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from undercut.methods.tuning import TuningOptions
from undercut.methods.usual import Usual


class AdapterOptions(TuningOptions):
    """Options of ``adapter``."""

    usual: ClassVar[Usual] = Usual(3, 2e-3)

    size: int = Field(64, ge=1, le=4096, description="Width of the bottlenecks.")
    norms: bool = Field(True, description="Train the layer norms too, as the paper does.")
