"""Other ways to write tagged tokens: ``EU/B-ORG rejects/O`` a line, and CoNLL-2012's brackets."""

from __future__ import annotations

import re

from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.prefixes import tag_like
from undercut.tasks.token_classification.reading.tagged import Sentence

_ITEM = re.compile(r"(.+)([/|])([^/|\s]+)")
_OPEN, _TOKEN, _NAME = re.compile(r"\(([^()*]+)"), 3, 10
_BEGIN = re.compile(r"#\s*begin document")


def is_inline(text: str) -> bool:
    """Whether each word of each line has its tag behind a ``/`` or ``|``."""
    lines = [line for line in text.split("\n")[:200] if line.strip()]
    found = [_ITEM.fullmatch(item) for line in lines for item in line.split()]
    marks = {m[2] for m in found if m}
    tags = [m[3] for m in found if m]
    return len(tags) > 1 and len(tags) == len(found) and len(marks) == 1 and all(
        map(tag_like, tags)
    ) and any(tag not in ("O", "o") for tag in tags)  # fmt: skip


def read_inline(text: str, to: Gathered) -> list[Sentence]:
    """Return a sentence a line."""
    found = []
    # European|NNP|I-ORG: what stands between token and tag is the same for all.
    signs = {item.count("|") for item in text.split()}
    more = len(signs) == 1 and signs.pop() > 1
    for number, line in enumerate(text.split("\n"), 1):
        s = Sentence()
        for item in line.split():
            m = _ITEM.fullmatch(item)
            if m is None:
                to.refuse(number, "a word with its tag, as EU/B-ORG", f"{item[:40]!r}")
                continue
            s.tokens.append(m[1].split("|")[0] if more else m[1])
            s.tags.append(m[3])
            s.lines.append(number)
        found.append(s)
    to.say("a sentence a line, each word with its tag")
    return found


def is_brackets(text: str) -> bool:
    """Whether a file is of CoNLL-2012 (OntoNotes): its names stand in brackets in column 11."""
    if not _BEGIN.match(text.lstrip()):
        return False
    row = next((x.split() for x in text.split("\n") if x.strip() and x[0] != "#"), [])
    return len(row) > _NAME + 1


def read_brackets(text: str, to: Gathered) -> list[Sentence]:
    """Return the sentences; a document is a part that ``#begin document`` opens."""
    found, document, kind = [Sentence()], -1, ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#") or not line.strip():
            document += bool(_BEGIN.match(line))
            found.append(Sentence(document=document))
            kind = ""
            continue
        cells = line.split()
        if len(cells) <= _NAME:
            to.refuse(number, f"at least {_NAME + 1} columns", str(len(cells)))
            continue
        opened = _OPEN.findall(cells[_NAME])
        if len(opened) > 1 or (opened and kind):
            to.refuse(number, "entities that do not nest", cells[_NAME], "Keep one of them.")
        tag = f"B-{opened[0]}" if opened else f"I-{kind}" if kind else "O"
        kind = opened[0] if opened else kind
        found[-1].tokens.append(cells[_TOKEN])
        found[-1].tags.append(tag)
        found[-1].lines.append(number)
        if ")" in cells[_NAME]:
            kind = ""
    to.say("column 4 is the token and column 11 its entity, in brackets (CoNLL-2012)")
    return found
