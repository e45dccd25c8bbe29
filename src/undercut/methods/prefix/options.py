"""Options of prefix tuning."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from undercut.methods.tuning import TuningOptions
from undercut.methods.usual import Usual


class PrefixOptions(TuningOptions):
    """Options of ``prefix``."""

    usual: ClassVar[Usual] = Usual(4, 1e-2)

    tokens: int = Field(10, ge=1, le=256, description="Virtual tokens put before every text.")
