"""Answer any number of inputs into a file: bounded memory, input order, resumable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from undercut.core.contracts import Progress, silent
from undercut.predict.answers import answer_lines_json
from undercut.store.journal import Journal

CHUNK_ROWS = 8192
CHUNK_CHARACTERS = 1 << 22


def chunks(placed: Iterable[tuple[Any, str]]) -> Iterator[list[tuple[Any, str]]]:
    """Cut inputs with their places into lists of bounded size.

    Where the cuts are follows from the inputs alone: batches, and so the last digits of an answer,
    are the same in a run that was killed and one that was not.
    """
    chunk: list[tuple[Any, str]] = []
    size = 0
    for one in placed:
        chunk.append(one)
        size += len(one[0])
        if len(chunk) >= CHUNK_ROWS or size >= CHUNK_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def score_file(
    predictor: Any,
    placed: Iterable[tuple[Any, str]],
    total: int,
    journal: Journal,
    tick: Callable[[Progress], None] = silent,
) -> tuple[int, float]:
    """Write one JSON line an input to a journal, going on after the rows it has.

    Args:
        predictor: what answers: loaded, or on a server.
        placed: all inputs with their places, from the first.
        total: how many there are, for progress.
        journal: where the lines go; finished at the end.
        tick: told rows done, with rows a second of this process.

    Returns:
        Rows in the file, and seconds of scoring and writing.
    """
    source = iter(placed)
    kept = done = journal.rows
    for _ in islice(source, kept):
        pass
    begin = time.monotonic()
    for chunk in chunks(source):
        lines = answer_lines_json(predictor, *zip(*chunk, strict=True))
        # A half surrogate, which JSON can hold and UTF-8 cannot, is written as JSON writes it.
        journal.add(len(chunk), "".join(lines).encode("utf-8", "backslashreplace"))
        done += len(chunk)
        rate = (done - kept) / max(time.monotonic() - begin, 1e-9)
        note = f"{done:,} of {max(total, done):,} rows  {rate:,.0f} rows/s"
        tick(Progress("predict", done, max(total, done), note))
    journal.finish()
    return done, time.monotonic() - begin
