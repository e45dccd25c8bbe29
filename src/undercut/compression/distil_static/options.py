"""Options of the `distil-static` compressor."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class StaticStudentOptions(BaseModel):
    """How the student is taught; the defaults are those of `distil-hashed`, not tuned for this."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trust: float = Field(
        0.0,
        ge=0,
        le=1,
        description="weight of the teacher's answer on labelled rows; 0: their label",
    )
    made_up: float = Field(
        2.0, ge=0, le=50, description="texts made up for each labelled one, answered by the teacher"
    )
    passed: bool = Field(
        True,
        description="start from what the encoder makes of each piece alone; else from its word "
        "table, which takes no computing",
    )
    epochs: int = Field(6, ge=1, le=100, description="times to go through all texts")
    batch: int = Field(128, ge=8, le=4096, description="texts a step")
    rate: float = Field(4e-3, gt=0, lt=1, description="highest learning rate")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of a text's pieces left out")
