"""Options of full fine-tuning."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from undercut.methods.thrift import ThriftOptions
from undercut.methods.usual import Usual


class FullOptions(ThriftOptions):
    """Options of ``full``."""

    usual: ClassVar[Usual] = Usual(2, 2e-4)

    epochs: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Times to go through the rows; by data size if not given.",
        json_schema_extra={"tune": {"low": 1, "high": 6}},
    )
    rate: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Highest learning rate; 2e-4 if not given.",
        json_schema_extra={"tune": {"low": 5e-5, "high": 1e-3, "log": True}},
    )
    batch_tokens: int = Field(
        1024,
        ge=64,
        le=65536,
        description="Tokens of a batch at most, padding counted.",
        json_schema_extra={"tune": {"choices": [256, 512, 1024, 2048]}},
    )
    max_tokens: int = Field(256, ge=8, le=8192, description="Tokens read of one text, at most.")


class FullTaggingOptions(FullOptions):
    """Options of ``full`` for token classification."""

    usual: ClassVar[Usual] = Usual(5, 4e-4)
    rate: float | None = Field(
        None, gt=0, lt=1, description="Highest learning rate; 4e-4 if not given."
    )
    max_tokens: int = Field(
        128, ge=16, le=8192, description="Tokens of a window; longer documents make several."
    )
