"""Options of the dummy method."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DummyOptions(BaseModel):
    """Options of ``dummy``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smoothing: float = Field(
        1.0,
        gt=0,
        description="Rows added to every class before counting.",
        json_schema_extra={"tune": {"low": 0.1, "high": 10.0, "log": True}},
    )
