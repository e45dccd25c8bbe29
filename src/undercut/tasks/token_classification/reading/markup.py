"""Entities in tags: ``<PER>张三</PER>去了<LOC>北京</LOC>``, ``<ENAMEX TYPE="PERSON">``."""

from __future__ import annotations

import html
import re
from collections import Counter

from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.marks import Mark, Marked

_TAG = re.compile(
    r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>]*>"
    r"|<(?P<close>/?)(?P<name>[^\W\d][\w.:-]*)"
    r"(?P<more>(?:\s+[\w.:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))*)\s*(?P<empty>/?)>",
    re.DOTALL | re.IGNORECASE,
)
_MORE = re.compile(r"([\w.:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))")
_ESCAPED = re.compile(r"&(?:#\d+|#x[0-9a-f]+|amp|lt|gt|quot|apos|nbsp);", re.IGNORECASE)


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


LAYOUT = _names(
    "a b br code div em font h1 h2 h3 h4 head html i img li ol pre small span strong sub sup table "
    "td th tr u ul"
)
"""What says how a text looks; its elements are no entities."""
SENTENCES = _names("p para paragraph s seg sent sentence")
ROWS = SENTENCES | _names("article articles doc docs document documents sentences text texts txt")
"""What holds texts; each of its elements is a text of its own."""
AROUND = _names("body corpus data dataset root xml")
"""What holds a whole file; inside it a text is a line, unless there are rows."""
HEADS = _names("dateline header headline hl preamble title trailer")
"""Parts of a document where they stand alone on their lines; else types of entities."""
ABOUT = _names("docid docno doctype storyid slug id date_time")
"""What is said of a document; it is left out."""
TYPED = _names("enamex ne numex rs timex")
"""Elements whose type is an attribute."""
TYPE = ("type", "label", "category", "class", "ner")


def is_markup(text: str) -> bool:
    """Whether elements that are neither layout nor parts of a document open and close."""
    if all("\t" in line for line in text.split("\n")[:20] if line.strip()):
        return False
    opened, closed = Counter[str](), Counter[str]()
    for m in _TAG.finditer(text):
        name = (m["name"] or "").lower()
        if name and not m["empty"] and name not in LAYOUT | ROWS | AROUND | ABOUT:
            (closed if m["close"] else opened)[name] += 1
    both = sum(min(opened[n], closed[n]) for n in opened)
    return both > 0 and 2 * both >= opened.total()


def read_markup(text: str, to: Gathered) -> list[Marked]:
    """Return a text an element of a document's parts, or a text a line where there are none."""
    parts, whole, wrap = _parts(text)
    row = _Row(to)
    rows, at, line = [], 0, 1
    about = ""
    for m in [*_TAG.finditer(text), None]:
        between = text[at : m.start() if m else len(text)]
        for i, piece in enumerate(between.split("\n")):
            if i and not whole:
                rows.append(row.done(line))
            line += bool(i)
            if i and whole:
                row.add(" " if row.open else wrap, line)
            row.add("" if about else piece, line)
        if m is None:
            break
        at = m.end()
        name = (m["name"] or "").lower()
        if name in ABOUT:
            about = "" if m["close"] or m["empty"] else name
        elif name in parts:
            rows.append(row.done(line))
        elif name in LAYOUT:
            row.add(" " if name == "br" else "", line)
        elif name:
            row.tag(m, line)
        line += m[0].count("\n")
    rows.append(row.done(line))
    to.say(f"entities in tags, {'an element' if whole else 'a line'} of text a row")
    return [r for r in rows if r is not None]


def _parts(text: str) -> tuple[frozenset[str], bool, str]:
    """Tell how a file is divided.

    Returns:
        Names of the elements that hold texts, whether each of these is a row, and what the end of
        a line is then: a blank where elements are sentences or paragraphs.
    """
    found: dict[str, bool] = {}
    for m in _TAG.finditer(text):
        before = text[: m.start()][-80:].rstrip(" \t\r")[-1:]
        after = text[m.end() : m.end() + 80].lstrip(" \t\r")[:1]
        alone = after in ("", "\n", "<") if m["close"] else before in ("", "\n", ">")
        name = (m["name"] or "").lower()
        found[name] = found.get(name, True) and alone
    whole = bool(ROWS & set(found))
    heads = {n for n in HEADS if whole and found.get(n)}
    return ROWS | AROUND | heads, whole, " " if SENTENCES & set(found) else "\n"


class _Row:
    """A text under way: its pieces, its entities, the one that is open."""

    def __init__(self, to: Gathered) -> None:
        self.to = to
        self._clear()

    def _clear(self) -> None:
        self.text, self.line, self.bad = "", 0, False
        self.marks: list[Mark] = []
        self.open: tuple[str, str, int, int] | None = None

    def add(self, piece: str, line: int) -> None:
        """Add characters, which stand on a line of the file."""
        if not self.text:
            piece, self.line = piece.lstrip(), line
        self.text += _ESCAPED.sub(lambda m: html.unescape(m[0]), piece.rstrip("\r"))

    def tag(self, m: re.Match[str], line: int) -> None:
        """Open or close an entity; the first fault of a row is told, and the row left."""
        if self.bad:
            return
        name, shown = m["name"], m[0][:60]
        if m["empty"]:
            self._refuse(line, "an entity with characters", shown, "Delete the tag.")
        elif not m["close"]:
            kind = _kind(m)
            if self.open:
                found = f"{shown} inside <{self.open[0]}>"
                self._refuse(line, "entities that do not nest", found, "Keep one of them.")
            elif not kind:
                self._refuse(line, f'a type, as <{name} TYPE="...">', shown, "Add it.")
            else:
                self.open = (name, kind, len(self.text), line)
        elif self.open is None:
            self._refuse(line, f"<{name}> before {shown}", "none", "Open it, or delete the tag.")
        elif self.open[0].lower() != name.lower():
            own = self.open[0]
            self._refuse(line, f"</{own}>", shown, f"Close <{own}> first.")
        else:
            _, kind, start, begun = self.open
            self.open = None
            if not self.text[start:].strip():
                self._refuse(begun, f"an entity of {kind} with characters", "none", "Delete it.")
            self.marks.append(Mark(start, len(self.text), kind))

    def done(self, line: int) -> Marked | None:
        """Return the text with its entities, and begin another; None where there is none."""
        if self.open and not self.bad:
            name, _, _, begun = self.open
            self._refuse(begun, f"</{name}> before the text ends", "none", f"Add </{name}>.")
        text = self.text.rstrip()
        marks = [Mark(m.start, min(m.end, len(text)), m.kind) for m in self.marks]
        row = Marked(self.line or line, text, marks) if text and not self.bad else None
        self._clear()
        return row

    def _refuse(self, line: int, *told: str) -> None:
        self.bad = True
        self.to.refuse(line, *told)


def _kind(m: re.Match[str]) -> str:
    """Return an entity's type: an attribute's, or the element's name."""
    attributes = {k.lower(): a or b or c for k, a, b, c in _MORE.findall(m["more"])}
    for name in TYPE:
        if kind := attributes.get(name, "").strip():
            return kind
    return "" if m["name"].lower() in TYPED else m["name"]
