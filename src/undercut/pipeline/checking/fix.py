"""Mended copies of labelled files: the safe mends only, each in a log, the original untouched.

Safe: white space around text and label goes; a row without text or label goes; an exact copy with
the same label goes; labels that differ only in case, space or width take the commonest spelling.
Left to a person: the same text with different labels, near copies, suspected labels.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from undercut.core.errors import Problem, UndercutError
from undercut.data.normal import same_key
from undercut.data.personal import masked
from undercut.data.usable import Source
from undercut.pipeline.checking.record import Fixed
from undercut.store.files import write_texts

COPY, LOG = ".fixed.csv", ".fixed.log.jsonl"
GONE = {
    "unreadable": "the row cannot be read",
    "empty": "there is no text to learn from",
    "missing-label": "there is no label to learn",
}


class _Log:
    """Changes of one file, in the order they were made."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.counts: Counter[str] = Counter()

    def add(self, row: str, what: str, before: str | None, after: str | None, why: str) -> None:
        shown = [None if x is None else masked(x) for x in (before, after)]
        entry = {"row": row, "what": what, "before": shown[0], "after": shown[1], "why": why}
        self.lines.append(json.dumps(entry, ensure_ascii=False))
        self.counts[what] += 1


def spellings(labels: Sequence[str]) -> dict[str, str]:
    """Return the label each variant becomes: the commonest of those that differ in form only."""
    alike: dict[str, Counter[str]] = defaultdict(Counter)
    for label, n in Counter(labels).items():
        alike[same_key(label)][label] = n
    best = {key: min(c, key=lambda x: (-c[x], x)) for key, c in alike.items()}
    return {label: best[key] for key, c in alike.items() for label in c if label != best[key]}


def _names(sources: Sequence[Source]) -> list[tuple[Path, Path]]:
    """Return the copy and the log of each file; where two would collide the suffix stays."""
    often = Counter(s.path.with_suffix("") for s in sources)
    stems = [
        s.path.with_suffix("") if often[s.path.with_suffix("")] == 1 else s.path for s in sources
    ]
    return [(s.with_name(s.name + COPY), s.with_name(s.name + LOG)) for s in stems]


def mend(source: Source, becomes: dict[str, str]) -> tuple[list[list[str]], _Log]:
    """Return the rows of a file's mended copy, and the log of what was changed.

    Args:
        source: the file.
        becomes: labels to be respelled, over all files.
    """
    log = _Log()
    cells_of = {source.row(i): row for i, row in enumerate(source.table.rows)}
    for bad in source.bad:
        lost = cells_of.get(bad.row)
        before = None if lost is None else json.dumps(lost, ensure_ascii=False)
        log.add(bad.row, bad.fault, before, None, GONE[bad.fault])
    seen: dict[tuple[str, str], str] = {}
    rows = []
    t, y = source.choice.text, source.choice.label
    for at in source.kept:
        where = source.row(at)
        cells = ["" if c is None else str(c) for c in source.table.rows[at]]
        for column in (t, y):
            if (plain := cells[column].strip()) != cells[column]:
                log.add(
                    where, "white-space", cells[column], plain, "outer white space means nothing"
                )
                cells[column] = plain
        if (label := becomes.get(cells[y], cells[y])) != cells[y]:
            why = "the commonest spelling of the same label"
            log.add(where, "label-variant", cells[y], label, why)
            cells[y] = label
        earlier = seen.setdefault((cells[t], cells[y]), where)
        if earlier != where:
            log.add(where, "duplicate", cells[t], None, f"same text and label as {earlier}")
            continue
        rows.append(cells)
    return rows, log


def write_fixed(sources: Sequence[Source]) -> list[Fixed]:
    """Write a mended copy and a log beside each file: all of them or none.

    Raises:
        UndercutError: a copy would replace a file that was given.
    """
    names = _names(sources)
    given = {s.path.resolve() for s in sources}
    clash = [str(p) for pair in names for p in pair if p.resolve() in given]
    if clash:
        expected = "names for the copies that are not files given"
        raise UndercutError("fix-name", [Problem(expected, "the same name", p) for p in clash])
    becomes = spellings(
        [str(s.table.rows[at][s.choice.label]).strip() for s in sources for at in s.kept]
    )
    done, texts = [], {}
    for source, (copy, log_file) in zip(sources, names, strict=True):
        rows, log = mend(source, becomes)
        head = [source.table.columns] if source.table.header else []
        texts[copy] = _csv([*head, *rows])
        texts[log_file] = "".join(f"{line}\n" for line in log.lines)
        done.append(
            Fixed(
                file=str(source.path),
                copy_file=str(copy),
                log=str(log_file),
                rows_before=len(source.kept) + len(source.bad),
                rows_after=len(rows),
                changes=dict(log.counts),
            )
        )
    write_texts(texts)
    return done


def _csv(rows: list[list[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
