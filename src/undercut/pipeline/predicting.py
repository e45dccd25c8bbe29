"""The verb ``predict``: texts given directly, or all rows of a file."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from pydantic import Field, SerializeAsAny

import undercut
from undercut.core.contracts import Progress
from undercut.core.errors import fail
from undercut.core.specs import PredictSpec
from undercut.core.types import Record
from undercut.data.inputs import Inputs, Part, of_texts, open_inputs
from undercut.data.sources import STDIN
from undercut.ledger.book import Book
from undercut.pipeline.pricing import price_date, rates_of
from undercut.pipeline.run import Listener, Silent
from undercut.pipeline.spending import usd_of, with_cost
from undercut.pipeline.verbs import find_artefact
from undercut.predict.file import CHUNK_ROWS, score_file
from undercut.predict.predictor import Predictor, load
from undercut.store.files import content_hash
from undercut.store.journal import Journal


class Answered(Record):
    """The result of ``predict``; figures of time and money when it wrote a file."""

    model: str
    rows: int
    task: str = ""
    predictions: list[SerializeAsAny[Record]] = Field(description="empty when written to a file")
    out: str = ""
    resumed_rows: int = Field(0, description="rows kept of an earlier command that was killed")
    rows_per_second: float | None = Field(None, description="of the rows scored this time")
    cpu_seconds: float | None = Field(None, description="of all tries at this file together")
    cost_usd: float | None = Field(None, description="those seconds at the rate in force")


def predict_file(spec: PredictSpec, listener: Listener | None = None) -> Answered:
    """Answer texts given directly or in a file, in input order.

    With ``out`` the answers are written as JSON lines: memory is bounded, the file appears whole
    or not at all, a killed command goes on after the rows that are on the disk, and the seconds
    go to the workspace's ledger.

    Raises:
        UndercutError: no artefact, unreadable rows, no texts, or a file that cannot be written.
    """
    listener = listener or Silent()
    folder = find_artefact(spec.workspace, spec.artefact)
    rates, when = rates_of(spec), price_date(None)
    tick = with_cost(listener.tick, rates, when)
    texts = _texts(spec, tick)
    if not texts.rows:
        raise fail(
            "predict-none",
            expected="texts to answer",
            found="none",
            fix='undercut predict MODEL "some text", or --file FILE.',
        )
    if spec.out and spec.file and spec.out.resolve() == spec.file.resolve():
        raise fail(
            "predict-out",
            expected="another file than the one that is read",
            found="the same",
            where=str(spec.out),
            fix="Choose another with --out.",
        )
    predictor = load(folder, spec.backend, spec.threads)
    if spec.out is None:
        answers = predictor.predict(list(texts))
        return Answered(
            model=predictor.hash,
            rows=len(answers),
            task=predictor.task.name,
            predictions=answers,
        )
    with Journal(spec.out, _key(spec, predictor, texts)) as journal:
        subject, kept = f"predict:{predictor.hash[:12]}:{journal.job}", journal.rows
        if kept:
            listener.say(f"{kept:,} rows are there already; going on after them.")
        elif journal.restarted:
            listener.say(f"{spec.out} was half-way with another model or other rows: begun anew.")
        book = Book(spec.workspace / "ledger.sqlite")
        with book.measure(subject):
            rows, seconds = score_file(predictor, texts, texts.rows, journal, tick)
    cpu = sum((e.quantity for e in book.entries(subject) if e.unit == "cpu_second"), Decimal(0))
    return Answered(
        model=predictor.hash,
        rows=rows,
        task=predictor.task.name,
        predictions=[],
        out=str(spec.out),
        resumed_rows=kept,
        rows_per_second=(rows - kept) / seconds if seconds > 0 else None,
        cpu_seconds=float(cpu),
        cost_usd=usd_of(cpu, rates, when),
    )


def _texts(spec: PredictSpec, tick: Callable[[Progress], None]) -> Inputs:
    """Return the texts of the command line, then those of the file."""
    parts: list[Part] = []
    for text in spec.inputs:
        piped = Path(text) in STDIN
        parts += open_inputs(Path(text), spec.text_column).parts if piped else [of_texts([text])]
    if spec.file is not None:
        parts += open_inputs(spec.file, spec.text_column, tick).parts
    return Inputs(parts)


def _key(spec: PredictSpec, predictor: Predictor, texts: Inputs) -> str:
    """Return the hash of all that decides the bytes of the answers."""
    measured = predictor.manifest.measured
    return content_hash(
        {
            "undercut": undercut.__version__,
            "texts": texts.identity,
            "model": predictor.hash,
            "backend": spec.backend or (measured.backend if measured else ""),
            "threads": predictor.threads,
            "chunk": CHUNK_ROWS,
        }
    )
