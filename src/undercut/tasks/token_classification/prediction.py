"""The answer of the task: entities with characters, type, text and probability."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import Record


class Entity(Record):
    """One entity of a text."""

    start: int = Field(ge=0, description="first character, in the text that was given")
    end: int = Field(description="character after the last")
    type: str
    text: str = Field(description="the characters from `start` to `end`")
    probability: float = Field(ge=0, le=1, description="calibrated probability of the entity")


class Tagged(Record):
    """Answer for one input of a token classification task."""

    entities: list[Entity] = Field(description="in the order of the text, none overlapping")
    truncated: bool = Field(False, description="part of the input could not be read")
