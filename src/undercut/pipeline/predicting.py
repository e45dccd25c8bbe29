"""The verb ``predict``: texts given directly, or all rows of a file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from pydantic import Field, SerializeAsAny

import undercut
from undercut.core.errors import fail
from undercut.core.specs_models import PredictSpec
from undercut.core.types import Record
from undercut.data.inputs import Inputs, Part, held
from undercut.data.sources import STDIN
from undercut.data.task_files import open_task_inputs
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
    texts: list[str] = Field(
        default_factory=list,
        description="what offsets refer to, where the task read the file by itself",
    )
    places: list[str] = Field(default_factory=list, description="file:line of these texts")
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
    check_out(spec)
    if spec.artefact is None:
        raise fail(
            "predict-model",
            expected="a model: an artefact folder, a run, or --url of a server",
            found="none",
            fix='undercut predict MODEL "some text", or --url URL "some text".',
        )
    folder = find_artefact(spec.workspace, spec.artefact)
    rates, when = rates_of(spec), price_date(None)
    tick = with_cost(listener.tick, rates, when)
    predictor = load(folder, spec.backend, spec.threads)
    task = predictor.task
    inputs, by_task = inputs_of(spec, task.name, listener)
    if spec.out is None:
        values, places = zip(*inputs, strict=True)
        return Answered(
            model=predictor.hash,
            rows=len(values),
            task=task.name,
            predictions=predictor.predict(values),
            texts=[task.text(value) for value in values] if by_task else [],
            places=list(places) if by_task else [],
        )
    with Journal(spec.out, _key(spec, predictor, inputs)) as journal:
        subject, kept = f"predict:{predictor.hash[:12]}:{journal.job}", journal.rows
        if kept:
            listener.say(f"{kept:,} rows are there already; going on after them.")
        elif journal.restarted:
            listener.say(f"{spec.out} was half-way with another model or other rows: begun anew.")
        book = Book(spec.workspace / "ledger.sqlite")
        with book.measure(subject):
            rows, seconds = score_file(predictor, inputs, inputs.rows, journal, tick)
    cpu = sum((e.quantity for e in book.entries(subject) if e.unit == "cpu_second"), Decimal(0))
    return Answered(
        model=predictor.hash,
        rows=rows,
        task=task.name,
        predictions=[],
        out=str(spec.out),
        resumed_rows=kept,
        rows_per_second=(rows - kept) / seconds if seconds > 0 else None,
        cpu_seconds=float(cpu),
        cost_usd=usd_of(cpu, rates, when),
    )


def check_out(spec: PredictSpec) -> None:
    """Check that the file to write is not the one that is read.

    Raises:
        UndercutError: it is.
    """
    if spec.out and spec.file and spec.out.resolve() == spec.file.resolve():
        raise fail(
            "predict-out",
            expected="another file than the one that is read",
            found="the same",
            where=str(spec.out),
            fix="Choose another with --out.",
        )


def inputs_of(spec: PredictSpec, task: str, listener: Listener) -> tuple[Inputs, bool]:
    """Return the texts of the command line, then what the file asks; and whether its task reads it.

    Raises:
        UndercutError: an unreadable file, an unclear text column, or no texts.
    """
    parts: list[Part] = []
    own = False
    sources: list[str | Path] = [*spec.inputs, *([spec.file] if spec.file is not None else [])]
    for given in sources:
        if isinstance(given, str) and Path(given) not in STDIN:
            parts.append(held([(given, "")]))
            continue
        found, by_task = open_task_inputs(task, Path(given), spec.text_column, listener.tick)
        parts += found.parts
        own = own or by_task
    inputs = Inputs(parts)
    if not inputs.rows:
        raise fail(
            "predict-none",
            expected="texts to answer",
            found="none",
            fix='undercut predict MODEL "some text", or --file FILE.',
        )
    if own:
        listener.say(f"The file is read as rows of {task}; tags in it are not looked at.")
    return inputs, own


def _key(spec: PredictSpec, predictor: Predictor, inputs: Inputs) -> str:
    """Return the hash of all that decides the bytes of the answers."""
    measured = predictor.manifest.measured
    return content_hash(
        {
            "undercut": undercut.__version__,
            "inputs": inputs.identity,
            "model": predictor.hash,
            "backend": spec.backend or (measured.backend if measured else ""),
            "threads": predictor.threads,
            "chunk": CHUNK_ROWS,
        }
    )
