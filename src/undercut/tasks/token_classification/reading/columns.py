"""CoNLL-like files: a token a line, its tag in a column, a blank line after each sentence."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from undercut.core.errors import fail
from undercut.tasks.token_classification.reading.csv_tokens import heading
from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.prefixes import (
    OUTSIDE,
    named_tag,
    tag_like,
)
from undercut.tasks.token_classification.reading.stops import divided
from undercut.tasks.token_classification.reading.tagged import Sentence

DOCUMENT = re.compile(r"-DOC(START|END)\b|#\s*begin document|#\s*newdoc\b", re.IGNORECASE)
_END = re.compile(r"#\s*end document|-DOCEND", re.IGNORECASE)
_META = re.compile(r"#\s*[\w.-]+\s*=|#\s*(newpar|global\.columns|id|sent|text)\b")
_NO_NUMBER = re.compile(r"\d+[-.]\d+")
_BLANKS = re.compile(r"[ \t]+")


@dataclass
class Line:
    """One token line: its number in the file and its cells."""

    number: int
    cells: list[str]


def marks_document(line: str) -> bool:
    """Whether a line stands between documents."""
    return line[:1] in ("-", "#") and DOCUMENT.match(line) is not None


def by_tabs(lines: list[str]) -> bool:
    """Whether tabs, rather than any white space, divide the columns."""
    some = [line for line in lines if line.strip() and line[0] != "#"]
    cells = [line.split("\t") for line in some if "\t" in line]
    # "EU<tab>NNP B-ORG": both divide; "EU B-ORG<tab>": a tab at the end divides nothing.
    both = sum(" " in (last := c[-1].strip()) and not tag_like(last) for c in cells)
    inner = sum("\t" in line.strip() for line in some)
    return len(cells) > 0.9 * len(some) and 2 * both < max(len(cells), 1) <= 2 * inner


def cells_of(line: str, tabs: bool) -> list[str]:
    """Return the columns of a line."""
    if tabs:
        return [cell.strip(" ") for cell in line.rstrip("\r\n").split("\t")]
    return _BLANKS.split(line.strip(" \t\r\n"))


def read_columns(text: str, to: Gathered, token: str | None, tag: str | None) -> list[Sentence]:
    """Return the sentences of a file of columns.

    Args:
        text: the whole file.
        to: told what is wrong and what was decided.
        token: number of the token's column, from 1; the first when None.
        tag: number of the tag's column; the last of tags when None.

    Raises:
        UndercutError: the columns cannot be told.
    """
    raw = text.split("\n") if "\n" in text else text.split("\r")
    blocks = _blocks(raw, to)
    every = [line for block, _ in blocks for line in block]
    if not every:
        raise fail("data-empty", expected="tokens with tags", found="none", where=to.name)
    width = len(every[0].cells)
    at_token, at_tag, numbered = _choose(every, blocks, width, to, token, tag)
    sentences = []
    dropped = 0
    for block, document in blocks:
        s = Sentence(document=document)
        for line in block:
            word, mark = line.cells[at_token], line.cells[at_tag]
            if numbered and _NO_NUMBER.fullmatch(line.cells[0]):
                continue
            if not mark:
                to.refuse(line.number, "a tag", "none", "Write O where there is no entity.")
            elif not word.strip():
                if mark in OUTSIDE:
                    dropped += 1
                else:
                    to.refuse(line.number, f"a token of {mark}", "none", "Delete the line.")
            else:
                s.tokens.append(word)
                s.tags.append(mark)
                s.lines.append(line.number)
        sentences.append(s)
    if dropped:
        to.say(f"{dropped:,} tokens of white space left out")
    return divided(sentences, to)


def _blocks(raw: list[str], to: Gathered) -> list[tuple[list[Line], int]]:
    """Return token lines by sentence, and each sentence's document; -1 without marks."""
    tabs = by_tabs(raw)
    split = [cells_of(line, tabs) if line.strip() else [] for line in raw]
    widths = Counter(
        len(cells)
        for cells, line in zip(split, raw, strict=True)
        if cells and line[0] != "#" and not marks_document(line)
    )
    if not widths:
        return []
    width = max(widths, key=lambda w: (widths[w], w))
    if width < 2:
        raise fail(
            "data-columns",
            expected="a token and its tag on every line, a space or a tab between them",
            found="one column",
            where=to.name,
        )
    blocks: list[tuple[list[Line], int]] = [([], 0)]
    document = 0
    for number, (line, cells) in enumerate(zip(raw, split, strict=True), 1):
        if marks_document(line):
            document += not _END.match(line)
            blocks.append(([], document))
        elif not cells:
            blocks.append(([], document))
        elif len(cells) == width and not _comment(line, cells):
            blocks[-1][0].append(Line(number, cells))
        elif line[0] == "#":
            continue
        elif not tabs and line[0] in " \t" and len(cells) == width - 1:
            blocks[-1][0].append(Line(number, ["", *cells]))
        else:
            to.refuse(
                number, f"{width} columns, as on the other lines",
                f"{len(cells)}: {line.strip()[:48]!r}",
                "Write a token and its tag, and a blank line between sentences.",
            )  # fmt: skip
    found = [(block, of if document else -1) for block, of in blocks if block]
    if found and heading(found[0][0][0].cells):
        first = found[0][0].pop(0)
        to.say(f"line {first.number} is a heading, left out")
        found = [(block, of) for block, of in found if block]
    return found


def _comment(line: str, cells: list[str]) -> bool:
    """Whether a line that starts with ``#`` says something of others: a token ``#`` has a tag."""
    if line[0] != "#":
        return False
    bare = cells[0] == "#" and not any(tag_like(c) or c in OUTSIDE for c in cells[1:])
    return bare or _META.match(line) is not None


def _choose(
    every: list[Line],
    blocks: list[tuple[list[Line], int]],
    width: int,
    to: Gathered,
    token: str | None,
    tag: str | None,
) -> tuple[int, int, bool]:
    """Return the columns of token and tag, and whether the first one numbers the tokens."""
    numbered = width > 2 and _numbers(blocks)
    at_token = _given(token, width, to, "--text-column")
    at_tag = _given(tag, width, to, "--label-column")
    sample = every[:50_000]
    values = [Counter(line.cells[j] for line in sample) for j in range(width)]
    tags = [j for j in range(width) if _tags(values[j])]
    if at_tag is None and not tags and (j := _named_column(values)) >= 0:
        at_tag = j
        for line in every:
            line.cells[j] = named_tag(line.cells[j]) or "O"
        to.say("tags stand behind NER=; tokens without are O")
    if at_tag is None:
        at_tag = _tag_column(values, tags, width, to)
    if at_token is None:
        first = 1 if numbered else 0
        at_token = first if first != at_tag else next(j for j in range(width) if j != at_tag)
        if at_tag == 0:
            at_token = width - 1
    if width > 2 or at_tag < at_token:
        to.say(f"column {at_token + 1} is the token and column {at_tag + 1} its tag")
    return at_token, at_tag, numbered


def _named_column(values: list[Counter[str]]) -> int:
    """Return the column whose cells name tags among other things, ``NER=B-LOC``; -1 if none."""
    return next((j for j, v in enumerate(values) if any(map(named_tag, v))), -1)


def _given(column: str | None, width: int, to: Gathered, flag: str) -> int | None:
    if column is None:
        return None
    if not column.isdecimal() or not 1 <= int(column) <= width:
        raise fail(
            "data-columns",
            expected=f"a column number from 1 to {width}",
            found=f"{flag} {column}",
            where=to.name,
        )
    return int(column) - 1


def _numbers(blocks: list[tuple[list[Line], int]]) -> bool:
    """Whether the first column counts the tokens of each sentence."""
    good = total = 0
    for block, _ in blocks[:2000]:
        found = [line.cells[0] for line in block if not _NO_NUMBER.fullmatch(line.cells[0])]
        if not all(c.isdecimal() for c in found):
            return False
        good += sum(int(b) == int(a) + 1 for a, b in pairwise(found))
        total += max(len(found) - 1, 0)
    return total > 0 and good >= 0.9 * total


def _tags(values: Counter[str]) -> bool:
    """Whether nearly all cells of a column are tags with prefixes, some of them not ``O``."""
    total = values.total()
    fit = sum(n for v, n in values.items() if tag_like(v) or v in OUTSIDE)
    some = any(tag_like(v) and v not in OUTSIDE for v in values)
    return some and fit >= 0.9 * total


def _types(values: Counter[str]) -> set[str]:
    return {v[2:] for v in values if tag_like(v) and v not in OUTSIDE}


def _tag_column(values: list[Counter[str]], tags: list[int], width: int, to: Gathered) -> int:
    """Return the column of tags.

    Raises:
        UndercutError: two columns have tags of the same types: nested entities.
    """
    if not tags:
        for j in (width - 1, 0):
            if any(o in values[j] for o in ("O", "o")) or len(values[j]) <= 30:
                return j
        return width - 1
    chosen = tags[-1]
    kinds = _types(values[chosen])
    for j in tags[:-1]:
        other = _types(values[j])
        if values[j] != values[chosen] and 2 * len(kinds & other) >= min(len(kinds), len(other)):
            raise fail(
                "data-columns",
                expected="one column of tags",
                found=f"columns {j + 1} and {chosen + 1} with tags of the same types, as nested "
                "entities have",
                where=to.name,
                fix=f"Name the one to learn: --label-column {j + 1} or {chosen + 1}.",
            )
    return chosen
