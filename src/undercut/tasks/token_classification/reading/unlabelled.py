"""What there is to answer in a file: its inputs, whether it has tags or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from undercut.core.types import Examples
from undercut.data.read import looks_like_json, read_text
from undercut.tasks.token_classification.reading.columns import by_tabs, cells_of, marks_document
from undercut.tasks.token_classification.reading.from_tags import by_character
from undercut.tasks.token_classification.reading.json_text import json_records
from undercut.tasks.token_classification.reading.keys import TOKENS, plain_key
from undercut.tasks.token_classification.reading.read import read
from undercut.tasks.token_classification.reading.recognise import SUFFIXES, recognise

Placed = tuple[Any, str]


def inputs(path: Path, name: str, text_column: str | None) -> list[Placed] | None:
    """Return the inputs of a file with their places, or None for a table or lines of texts.

    A file of entities gives its texts or tokens; its tags are not looked at. So does a file of
    tokens alone: columns whose name ends in ``.conll`` or the like, a blank line after each
    sentence, or JSON records that have tokens.

    Raises:
        UndercutError: a file of entities that cannot be read.
    """
    if recognise(path):
        whole = Examples([], [], [])
        for rows in read(path, name, text_column)[0].values():
            whole = whole.plus(rows)
        return list(zip(whole.inputs, whole.rows, strict=True))
    if path.is_dir() or path.suffix.lower() not in (*SUFFIXES, ".json", ".jsonl", ".ndjson"):
        return None
    text, _ = read_text(path, name)
    if looks_like_json(path, text):
        return _records(text, name)
    return _columns(text, name, text_column)


def _records(text: str, name: str) -> list[Placed] | None:
    found: list[Placed] = []
    for line, value in json_records(text, name).found:
        keys = {plain_key(k): v for k, v in value.items()} if isinstance(value, dict) else {}
        tokens = next((keys[k] for k in TOKENS if isinstance(keys.get(k), list)), None)
        if not tokens or not all(isinstance(t, str) and t.strip() for t in tokens):
            return None
        found.append((tokens, f"{name}:{line}"))
    return found


def _columns(text: str, name: str, text_column: str | None) -> list[Placed]:
    lines = text.split("\n")
    tabs = by_tabs(lines)
    at = int(text_column) - 1 if text_column and text_column.isdecimal() else 0
    found: list[Placed] = []
    fresh = True
    for number, line in enumerate(lines, 1):
        cells = cells_of(line, tabs) if line.strip() else []
        if not cells or marks_document(line) or len(cells) <= at or not cells[at].strip():
            fresh = True
            continue
        if line[0] == "#" and len(cells) > 1:
            continue
        if fresh:
            found.append(([], f"{name}:{number}"))
        fresh = False
        found[-1][0].append(cells[at])
    if by_character(token for tokens, _ in found for token in tokens):
        return [("".join(tokens), place) for tokens, place in found]
    return found
