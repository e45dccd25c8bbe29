"""Whether a file is one of entities, told from its head."""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from undercut.core.errors import UndercutError
from undercut.data import parquet
from undercut.data.read import looks_like_json, read_magic
from undercut.tasks.token_classification.reading import brat
from undercut.tasks.token_classification.reading.columns import by_tabs, cells_of, marks_document
from undercut.tasks.token_classification.reading.csv_tokens import (
    heading,
    list_of,
)
from undercut.tasks.token_classification.reading.json_text import decode_at, skip
from undercut.tasks.token_classification.reading.parquet_rows import head_record
from undercut.tasks.token_classification.reading.prefixes import (
    OUTSIDE,
    any_tag_like,
    named_tag,
    tag_like,
)
from undercut.tasks.token_classification.reading.read import span_cells, table_rows
from undercut.tasks.token_classification.reading.records import record_of, sure
from undercut.tasks.token_classification.reading.written import way_of

HEAD = 1 << 18
SUFFIXES = (".conll", ".conllu", ".bio", ".iob", ".iob2", ".bioes", ".bieos", ".bmes", ".ner")


def recognise(path: Path) -> str:
    """Return why a file is one of entities, or ``""``."""
    if path.is_dir():
        return "a folder of brat texts" if brat.is_brat(path) else ""
    if brat.is_brat(path):
        return "a brat text and its .ann"
    if read_magic(path).startswith(parquet.MAGIC):
        try:
            record = head_record(path, path.name)
        except UndercutError:
            return ""
        return "tokens with tags in Parquet" if record is not None and sure(record) else ""
    text = _head(path)
    if not text.strip():
        return ""
    if looks_like_json(path, text):
        return "JSON of texts with entities" if any(map(sure, _first_records(text))) else ""
    if way := way_of(path, text):
        return way.why
    rows = table_rows(path, text)
    if rows:
        return _of_table(rows)
    named = path.suffix.lower() in SUFFIXES  # so broken lines are told as such
    return _of_columns(text, named)


def _head(path: Path) -> str:
    """Return the first characters of a file of text, whole lines."""
    try:
        with path.open("rb") as f:
            data = f.read(HEAD)
    except OSError:
        return ""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "ignore")
    text = data.decode("utf-8-sig", "replace").replace("\0", "")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    whole, mark, _ = text.rpartition("\n")
    return whole if mark and len(data) == HEAD else text


def _first_records(text: str) -> list[Any]:
    """Return the records that stand whole in a head of JSON."""
    found: list[Any] = []
    for line in text.split("\n")[:200]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            break
        if record_of(value) is None:
            break
        found.append(value)
    if any(map(sure, found)):
        return found
    found = []
    try:
        whole, _ = decode_at(text, skip(text, 0))
        if isinstance(whole, dict) and sure(whole):
            return [whole]
    except json.JSONDecodeError:
        pass
    opening = re.search(r"\[\s*(?=[{\[])", text)
    at = opening.end() if opening is not None else len(text)
    while len(found) < 200:
        try:
            value, at = decode_at(text, at)
        except json.JSONDecodeError:
            break
        found.append(value)
        at = skip(text, at)
        if text[at : at + 1] != ",":
            break
        at = skip(text, at + 1)
    return found


def _of_table(rows: list[tuple[int, list[str]]]) -> str:
    columns = rows[0][1]
    headed = heading([c.strip() for c in columns])
    body = [cells for _, cells in rows[headed:2000] if len(cells) == len(columns)]
    if len(body) < 2:
        return ""
    if headed:
        records = span_cells(rows[:50])
        if records and any(sure(record) for _, record in records):
            return "a table of texts with entities"
    for j in range(len(columns)):
        values = [cells[j].strip() for cells in body if cells[j].strip()]
        if _tags(values):
            return "a table of tokens and tags"
        lists = [list_of(v) for v in values[:50]]
        flat = [t for found in lists if found for t in found]
        if flat and all(found is not None for found in lists) and _tags(flat):
            return "a table of sentences and their tags"
    return ""


def _tags(values: list[str], least: float = 0.95) -> bool:
    """Whether values are tags: prefixed types, and ``O`` or what goes on with an entity."""
    if not values:
        return False
    outside = any(v in ("O", "o") for v in values)
    like = any_tag_like if outside else tag_like
    prefixed = {v for v in values if like(v) and v not in OUTSIDE}
    fit = sum(v in prefixed or v in OUTSIDE for v in values)
    return fit >= least * len(values) and bool(prefixed) and (outside or _go_on(prefixed))


def _go_on(prefixed: set[str]) -> bool:
    """Whether tags open entities and go on with them; classes named ``B-1``, ``B-2`` do not."""
    roles = {role for tag in prefixed for role in (tag[0], tag[-1])}
    return "B" in roles and bool(roles & set("IEML"))


def _of_columns(text: str, named: bool) -> str:
    """Tell columns of tags; a file that is ``named`` so may be short, or broken in many lines."""
    least = 0.5 if named else 0.9
    lines = [line.rstrip("\r") for line in text.split("\n")]
    some = [x for x in lines if x.strip() and x[0] != "#" and not marks_document(x)][:5000]
    if len(some) < (1 if named else 2):
        return ""
    tabs = by_tabs(some)
    split = [cells_of(line, tabs) for line in some]
    split = [
        ["", *c] if len(c) == 1 and x[0] == " " else c for c, x in zip(split, some, strict=True)
    ]
    width, often = Counter(map(len, split)).most_common(1)[0]
    if width < 2 or often < least * len(split):
        return ""
    table = [cells for cells in split if len(cells) == width]
    for j in range(width):
        values = [cells[j] for cells in table]
        if _tags(values, least + 0.05) or (named and all(map(tag_like, values))):
            return "columns of tokens and tags"
        if any(map(named_tag, values)):
            return "columns of tokens with NER= in one of them"
    return _bare(table, lines)


def _bare(table: list[list[str]], lines: list[str]) -> str:
    """Tell tags that are bare types, or letters alone: few values, ``O`` most, blank lines."""
    last = Counter(cells[-1] for cells in table)
    tokens = [cells[0] for cells in table]
    blank = any(not line.strip() for line in lines[1:-1])
    outside = last["O"] + last["o"]
    short = all(" " not in t for t in tokens)
    if blank and short and outside and len(last) <= 50 and 2 * outside >= len(table):
        return "columns of tokens and tags"
    return ""
