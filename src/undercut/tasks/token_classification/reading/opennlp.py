"""OpenNLP's files, a sentence a line: ``<START:person> Pierre Vinken <END> , 61 years old``."""

from __future__ import annotations

import re

from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.tagged import Sentence

_OPEN, _CLOSE = re.compile(r"<START(?::([^<>\s]+))?>"), "<END>"
_MARKER = re.compile(r"(<START(?::[^<>\s]*)?>|<END>)")
_NEARLY = re.compile(r"</?\s*(?:start|end)\b[^<>]*>?", re.IGNORECASE)
NO_TYPE = "default"
"""What OpenNLP calls the type of a name between ``<START>`` and ``<END>``."""


def is_opennlp(text: str) -> bool:
    """Whether names stand between ``<START:type>`` and ``<END>``."""
    return "<START:" in text or (_OPEN.search(text) is not None and _CLOSE in text)


def read_opennlp(text: str, to: Gathered) -> list[Sentence]:
    """Return a sentence a line; empty lines stand between documents."""
    found: list[Sentence] = []
    document, between = 0, False
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            between = bool(found)
            continue
        document += between
        between = False
        found.append(_sentence(line, number, document, to))
    if not document:
        for s in found:
            s.document = -1
    to.say("a sentence a line, names between <START:type> and <END> (OpenNLP)")
    return found


def _sentence(line: str, number: int, document: int, to: Gathered) -> Sentence:
    """Return one line's tokens with tags; what is wrong first is refused."""
    s = Sentence(document=document)
    kind, begin = "", 0
    for part in _MARKER.split(line):
        opening = _OPEN.fullmatch(part)
        fault: tuple[str, str, str] | None = None
        if opening and kind:
            fault = (f"{_CLOSE} before the next name", part, "Names do not nest: keep one of them.")
        elif opening:
            kind, begin = opening[1] or NO_TYPE, len(s.tokens)
        elif part == _CLOSE and not kind:
            fault = (f"<START:type> before {_CLOSE}", "none", f"Add it, or delete {_CLOSE}.")
        elif part == _CLOSE and len(s.tokens) == begin:
            fault = (f"a name of {kind}", "nothing between its marks", "Delete both marks.")
        elif part == _CLOSE:
            kind = ""
        elif _MARKER.fullmatch(part):
            fault = ("a type after <START:", part, "Write <START:person>, or <START>.")
        elif near := _NEARLY.search(part):
            fault = (f"<START:type> or {_CLOSE}", near[0], "Write it so, in capitals.")
        else:
            for word in part.split():
                role = "B" if len(s.tokens) == begin else "I"
                s.tokens.append(word)
                s.tags.append(f"{role}-{kind}" if kind else "O")
                s.lines.append(number)
        if fault:
            to.refuse(number, *fault)
            return Sentence(document=document)
    if kind:
        to.refuse(number, f"{_CLOSE} of {kind} before the line ends", "none", f"Add {_CLOSE}.")
        return Sentence(document=document)
    return s
