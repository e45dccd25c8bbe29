"""brat standoff: ``x.txt`` with ``x.ann`` beside it, or a folder of such pairs."""

from __future__ import annotations

import re
from pathlib import Path

from undercut.data.read import read_text
from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.marks import Mark, Marked

_ENTITY = re.compile(r"(T\S+)\t(\S+) ([\d ;]+)(?:\t(.*))?")


def is_brat(path: Path) -> bool:
    """Whether a path is one of such pairs, or a folder of them."""
    if path.is_dir():
        return any(p.with_suffix(".txt").is_file() for p in path.glob("*.ann"))
    pair = {".ann": ".txt", ".txt": ".ann"}.get(path.suffix.lower())
    return pair is not None and path.with_suffix(pair).is_file()


def read_brat(path: Path, to: Gathered) -> list[Marked]:
    """Return the texts with their spans; entities in several pieces are refused.

    Raises:
        UndercutError: a file that is no text.
    """
    notes = sorted(path.glob("*.ann")) if path.is_dir() else [path.with_suffix(".ann")]
    found = []
    for number, ann in enumerate(notes, 1):
        txt = ann.with_suffix(".txt")
        if not txt.is_file() or not txt.read_bytes().strip():
            to.refuse(number, f"a text beside {ann.name}", "none", "Add it, or remove the .ann.")
            continue
        text, said = read_text(txt, txt.name)
        to.notes += said
        marks = []
        lines = read_text(ann, ann.name)[0].split("\n") if ann.read_bytes().strip() else []
        for at, line in enumerate(lines, 1):
            if not line.startswith("T"):
                continue
            m = _ENTITY.fullmatch(line.rstrip("\r"))
            where = f"{ann.name}:{at}"
            if m is None:
                to.refuse(number, "T1, type, start and end", f"{where}: {line[:60]!r}")
                continue
            pieces = [piece.split() for piece in m[3].split(";")]
            if len(pieces) > 1 and not _joined(text, pieces):
                to.refuse(number, "entities in one piece", f"{where}: {m[2]} at {m[3]}")
                continue
            marks.append(Mark(int(pieces[0][0]), int(pieces[-1][1]), m[2]))
        found.append(Marked(number, text, marks))
    if len(found) > 1:
        to.say("numbers after the name count the texts, in the order of their names")
    return found


def _joined(text: str, pieces: list[list[str]]) -> bool:
    """Whether there is but white space between the pieces, as brat writes across lines."""
    ends = [int(p[1]) for p in pieces[:-1]]
    starts = [int(p[0]) for p in pieces[1:]]
    return all(not text[a:b].strip() for a, b in zip(ends, starts, strict=True))
