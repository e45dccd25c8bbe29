"""What every error code means: read by ``undercut help CODE`` and by the docs."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

PAGE = "docs/reference/errors.md"


@cache
def meanings() -> dict[str, str]:
    """Return code -> what it means and how to mend it."""
    text = Path(__file__).with_name("codes.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text))
