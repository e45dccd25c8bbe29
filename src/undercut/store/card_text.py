"""Words of a model card: text that is safe in Markdown and YAML, and figures people can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_ESCAPED = set("\\`*_[]<>|#~&")


def one_line(text: str) -> str:
    """Return text without line breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cell(text: str) -> str:
    """Return text that Markdown shows as it is, in a line or a table cell."""
    return "".join(f"\\{c}" if c in _ESCAPED else c for c in one_line(text))


def code(text: str, *, table: bool = True) -> str:
    """Return text as a Markdown code span; in a ``table`` a bar must be escaped even there."""
    text = one_line(text)
    if table:
        text = text.replace("|", "\\|")
    if "`" not in text:
        return f"`{text}`"
    longest = max(len(run) for run in _runs(text))
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}"


def _runs(text: str) -> list[str]:
    """Return the runs of backticks in a text."""
    return [r for r in "".join(c if c == "`" else " " for c in text).split() if r]


def number(value: float) -> str:
    """Return a count or a rate with thin separators; decimals only below 100."""
    shown = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
    return shown.replace(",", "\u2009")


def size(n: int) -> str:
    """Return bytes in MB of 10**6, or kB below one."""
    return f"{n / 1e6:.1f} MB" if n >= 1_000_000 else f"{n / 1e3:.1f} kB"


def quoted(text: str) -> str:
    """Return a YAML double-quoted scalar."""
    made = []
    for c in text:
        if c in '"\\':
            made.append(f"\\{c}")
        elif c.isprintable():
            made.append(c)
        else:
            # A lone surrogate has no place in UTF-8; it becomes the replacement character.
            at = 0xFFFD if 0xD800 <= ord(c) <= 0xDFFF else ord(c)
            made.append(f"\\U{at:08x}")
    return f'"{"".join(made)}"'


def yaml(value: Mapping[str, Any]) -> str:
    """Return a mapping of strings, numbers, lists and mappings as block YAML."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any) -> list[str]:
    made: list[str] = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _is_leaf(item):
                made.append(f"{key}: {_leaf(item)}")
            else:
                made += [f"{key}:", *(f"  {line}" for line in _lines(item))]
        return made
    for item in value:
        first, *rest = [_leaf(item)] if _is_leaf(item) else _lines(item)
        made += [f"- {first}", *(f"  {line}" for line in rest)]
    return made


def _is_leaf(value: Any) -> bool:
    return isinstance(value, str) or not isinstance(value, (Mapping, Sequence))


def _leaf(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    # YAML 1.1 reads 1e-05 as a string, so small numbers are written out.
    return f"{value:.12f}".rstrip("0") if "e-" in repr(value) else repr(value)
