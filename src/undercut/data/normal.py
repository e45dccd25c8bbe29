"""One key for texts that a reader would call the same."""

from __future__ import annotations

import json
import unicodedata
from typing import Any


def same_key(value: Any) -> str:
    """Return a key that is equal for inputs differing only in white space, case or width.

    Text is folded by Unicode NFKC (full-width forms become plain ones), case-folded, and runs of
    white space become one space. Anything else is keyed by its JSON.
    """
    if not isinstance(value, str):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    return " ".join(value.casefold().split())
