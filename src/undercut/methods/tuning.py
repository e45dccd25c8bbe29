"""Options that every way to train a small part of an encoder has."""

from __future__ import annotations

from pydantic import Field

from undercut.methods.thrift import ThriftOptions


class TuningOptions(ThriftOptions):
    """How long, how fast and on how much of a text."""

    epochs: int | None = Field(
        None, ge=1, le=1000, description="Times to go through the rows; by data size if not given."
    )
    rate: float | None = Field(
        None, gt=0, lt=1, description="Highest learning rate; the method's own if not given."
    )
    batch_tokens: int = Field(
        1024, ge=64, le=65536, description="Tokens of a batch at most, padding counted."
    )
    max_tokens: int = Field(256, ge=8, le=8192, description="Tokens read of one text, at most.")
