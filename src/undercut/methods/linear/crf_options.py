"""Options of the linear method for token classification."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from undercut.core.errors import fail

_C2 = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class CrfOptions(BaseModel):
    """Options of ``linear`` for token classification."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    c2: tuple[_C2, ...] = Field(
        (), description="Strengths of L2 regularisation to choose from; by data size if empty."
    )
    epochs: int = Field(8, ge=1, le=1000, description="Passes over the training rows.")
    roles: Literal["BIO", "BIOES"] = Field(
        "BIOES", description="Tags of the chain: BIOES also tells last and only words of entities."
    )
    window: int = Field(2, ge=0, le=8, description="Neighbouring words seen on each side.")
    document: bool = Field(
        True, description="Look at how a word is written elsewhere in its document."
    )
    min_count: int = Field(2, ge=1, description="Drop features of fewer training words than this.")
    phrase_words: int | None = Field(
        None,
        ge=0,
        le=32,
        description="Longest training entity on the learnt lists, 0 for no lists; if not given, 6 "
        "where inputs have three sentences or more on average, else 0.",
    )
    gazetteer: tuple[str, ...] = Field(
        (), description="Files of names, UTF-8, one name a line; each file is a list of its own."
    )

    @computed_field
    def gazetteer_sha256(self) -> tuple[str, ...]:
        """SHA-256 of each gazetteer file, so that a changed file is a changed fit."""
        return tuple(hashlib.sha256(read_bytes(f)).hexdigest() for f in self.gazetteer)


def read_bytes(path: str) -> bytes:
    """Return a gazetteer file.

    Raises:
        UndercutError: it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise fail(
            "gazetteer-file",
            expected="a file of names, one a line",
            found=error.strerror or type(error).__name__,
            where=path,
        ) from error


def read_names(path: str) -> list[str]:
    """Return the names of a gazetteer file, without blank lines.

    Raises:
        UndercutError: it cannot be read, is not UTF-8, or has no names.
    """
    try:
        lines = read_bytes(path).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise fail(
            "gazetteer-file",
            expected="a file of names in UTF-8",
            found=f"byte {error.object[error.start]:#04x} at place {error.start}",
            where=path,
            fix="Save it as UTF-8.",
        ) from error
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise fail(
            "gazetteer-file",
            expected="a file of names, one a line",
            found="no name",
            where=path,
        )
    return names
