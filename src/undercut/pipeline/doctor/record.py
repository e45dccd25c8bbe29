"""What the doctor says: one line a thing looked at."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from undercut.core.types import Record

State = Literal["ok", "note", "missing", "broken"]


class Check(Record):
    """One thing that was looked at."""

    topic: str
    state: State = Field(description="broken makes the command exit with 2")
    found: str
    fix: str = Field("", description="the command or edit that mends it")
    source: str = Field("", description="where this is known from")


class Diagnosis(Record):
    """Everything that was looked at."""

    checks: list[Check]
    broken: int
    missing: int
