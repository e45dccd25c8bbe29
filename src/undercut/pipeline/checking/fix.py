"""Mended copies of labelled files: the safe mends only, each in a log, the original untouched.

Safe: white space around text and label goes; a row without text or label goes; an exact copy with
the same label goes; labels that differ only in case, space or width take the commonest spelling.
Left to a person: the same text with different labels, near copies, suspected labels.
"""

from __future__ import annotations

import csv
import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from undercut.core.errors import Problem, UndercutError
from undercut.data.kept import Places
from undercut.data.normal import first_alike, hashes, same_key
from undercut.data.personal import masked
from undercut.data.reader import Source
from undercut.data.rows import Row
from undercut.pipeline.checking.record import Fixed
from undercut.store.files import whole_files

COPY, LOG = ".fixed.csv", ".fixed.log.jsonl"
GONE = {
    "unreadable": "the row cannot be read",
    "empty": "there is no text to learn from",
    "missing-label": "there is no label to learn",
}


class _Log:
    """Changes of one file, in the order of its rows, written as they are made."""

    def __init__(self, to: IO[str]) -> None:
        self.to = to
        self.counts: Counter[str] = Counter()

    def add(self, row: str, what: str, before: str | None, after: str | None, why: str) -> None:
        shown = [None if x is None else masked(x) for x in (before, after)]
        entry = {"row": row, "what": what, "before": shown[0], "after": shown[1], "why": why}
        self.to.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self.counts[what] += 1


@dataclass(frozen=True)
class _Seen:
    """What a first pass over a file keeps of its good rows, 32 bytes each.

    Attributes:
        text: 128-bit hash of the stripped text, ``uint64 (n, 2)``.
        label: number of the stripped label among those of all files, ``int32 (n,)``.
        places: ``file:line``.
    """

    text: np.ndarray
    label: np.ndarray
    places: Places

    def firsts(self, labels: list[str], becomes: dict[str, str]) -> np.ndarray:
        """Return the first row with the same text and, once mended, label, ``int64 (n,)``."""
        number = {label: i for i, label in enumerate(labels)}
        mended = np.array([number[becomes.get(x, x)] for x in labels], np.int64)
        return first_alike(self.text[:, 0], self.text[:, 1], mended[self.label])


def spellings(labels: Iterable[str] | Mapping[str, int]) -> dict[str, str]:
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


def _cells(row: Row, source: Source) -> list[str]:
    """Return a good row's cells with the white space around text and label gone."""
    cells = ["" if c is None else str(c) for c in row.cells or ()]
    for column in (source.choice.text, source.choice.label):
        cells[column] = cells[column].strip()
    return cells


def _look(source: Source, labels: Counter[str]) -> _Seen:
    """Read a file for what its mending needs to know, and count its labels."""
    number = {label: i for i, label in enumerate(labels)}
    of: array[int] = array("i")
    places = Places()

    def texts() -> Iterator[str]:
        for row in source.records():
            if not row.faults:
                cells = _cells(row, source)
                label = cells[source.choice.label]
                labels[label] += 1
                of.append(number.setdefault(label, len(number)))
                places.append(row.place)
                yield cells[source.choice.text]

    return _Seen(hashes(texts(), 2), np.array(of, np.int32), places)


def _mended(
    source: Source, seen: _Seen, firsts: np.ndarray, becomes: dict[str, str], log: _Log
) -> Iterator[list[str]]:
    """Yield the rows of a file's mended copy, and log what was changed."""
    t, y = source.choice.text, source.choice.label
    good = -1
    for row in source.records():
        where = row.place
        if row.faults:
            before = None if row.cells is None else json.dumps(row.cells, ensure_ascii=False)
            log.add(where, row.faults[0][0], before, None, GONE[row.faults[0][0]])
            continue
        good += 1
        cells = _cells(row, source)
        for column in (t, y):
            if row.cells and (raw := str(row.cells[column])) != cells[column]:
                why = "outer white space means nothing"
                log.add(where, "white-space", raw, cells[column], why)
        if (label := becomes.get(cells[y], cells[y])) != cells[y]:
            why = "the commonest spelling of the same label"
            log.add(where, "label-variant", cells[y], label, why)
            cells[y] = label
        first = int(firsts[good])
        if first != good:
            why = f"same text and label as {seen.places[first]}"
            log.add(where, "duplicate", cells[t], None, why)
            continue
        yield cells


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
    labels: Counter[str] = Counter()
    looked = [_look(source, labels) for source in sources]
    becomes, known = spellings(labels), list(labels)
    done = []
    with whole_files([path for pair in names for path in pair]) as files:
        for i, (source, seen) in enumerate(zip(sources, looked, strict=True)):
            log, kept = _Log(files[2 * i + 1]), 0
            writer = csv.writer(files[2 * i], lineterminator="\n")
            if source.header:
                writer.writerow(source.columns)
            firsts = seen.firsts(known, becomes)
            for cells in _mended(source, seen, firsts, becomes, log):
                writer.writerow(cells)
                kept += 1
            done.append(
                Fixed(
                    file=str(source.path),
                    copy_file=str(names[i][0]),
                    log=str(names[i][1]),
                    rows_before=len(seen.places) + source.refused.rows.total(),
                    rows_after=kept,
                    changes=dict(log.counts),
                )
            )
    return done
