"""The settings a search found, as the lines of ``undercut.toml`` that repeat them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def toml(method: str, options: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the method and its options as TOML; strings, lists and numbers are JSON's."""
    lines = [f"method = {json.dumps(method)}"]
    for name, table in options.items():
        lines += ["", f"[options.{name}]"]
        lines += [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items()]
    return "\n".join(lines)
