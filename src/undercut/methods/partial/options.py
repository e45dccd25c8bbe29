"""Options of partial training."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from undercut.methods.thrift import ThriftOptions
from undercut.methods.usual import Usual


class PartialOptions(ThriftOptions):
    """Options of ``partial``."""

    usual: ClassVar[Usual] = Usual(3, 3e-4)
    usual_single: ClassVar[Usual] = Usual(4, 6e-4)

    layers: int | None = Field(
        None,
        ge=1,
        description="Upper layers to train; half of them if not given.",
        json_schema_extra={"tune": {"low": 1, "high": 4}},
    )
    epochs: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Times to go through the rows; by data size if not given.",
        json_schema_extra={"tune": {"low": 2, "high": 8}},
    )
    rate: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Highest learning rate; if not given 3e-4, or 6e-4 for a single layer.",
        json_schema_extra={"tune": {"low": 1e-4, "high": 2e-3, "log": True}},
    )
    batch_tokens: int = Field(
        1024,
        ge=64,
        le=65536,
        description="Tokens of a batch at most, padding counted.",
        json_schema_extra={"tune": {"choices": [256, 512, 1024, 2048]}},
    )
    max_tokens: int = Field(256, ge=8, le=8192, description="Tokens read of one text, at most.")
    cache_gb: float = Field(
        2.0,
        ge=0,
        description="Gigabytes of hidden states to keep at most; beyond that they are computed "
        "anew in every epoch.",
    )


class PartialTaggingOptions(PartialOptions):
    """Options of ``partial`` for token classification."""

    usual: ClassVar[Usual] = Usual(5, 6e-4)
    usual_single: ClassVar[Usual] = Usual(6, 1e-3)
    rate: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Highest learning rate; if not given 6e-4, or 1e-3 for a single layer.",
    )
    max_tokens: int = Field(
        128, ge=16, le=8192, description="Tokens of a window; longer documents make several."
    )
