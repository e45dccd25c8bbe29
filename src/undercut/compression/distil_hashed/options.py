"""Options of the `distil-hashed` compressor."""

from __future__ import annotations

from pydantic import Field

from undercut.methods.hashed.options import NgramOptions


class HashedStudentOptions(NgramOptions):
    """How the student is taught; `trust` was chosen on validation rows (docs/design/hashed.md)."""

    trust: float = Field(
        0.0,
        ge=0,
        le=1,
        description="weight of the teacher's answer on labelled rows; 0: their label",
    )
    made_up: float = Field(
        2.0, ge=0, le=50, description="texts made up for each labelled one, answered by the teacher"
    )
    width: int = Field(96, ge=4, le=1024, description="numbers an n-gram has while training")
    epochs: int = Field(6, ge=1, le=100, description="times to go through all texts")
    batch: int = Field(128, ge=8, le=4096, description="texts a step")
    rate: float = Field(4e-3, gt=0, lt=1, description="highest learning rate")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of a text's n-grams left out")
