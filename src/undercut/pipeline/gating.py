"""A new artefact against another on fixed rows: quality by the gate, latency, cost; one verdict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from undercut.compression.gate import gate
from undercut.core.contracts import Progress, silent
from undercut.core.limits import usable_cores
from undercut.core.specs_release import GateVerbSpec
from undercut.core.types import GateResult, Measurement, Metric, Record
from undercut.measures.paired import paired_test
from undercut.measures.record import PairedTest
from undercut.measures.words import count, one_line, percent
from undercut.pipeline.compressing.rows import labelled
from undercut.pipeline.pricing import price_date, rates_of
from undercut.pipeline.rungs import usd_per_1k
from undercut.pipeline.unseen import unseen
from undercut.predict.measure import Thing, busy_note, together
from undercut.predict.predictor import Predictor, load

MEASURED_TEXTS = 1_000


class Side(Record):
    """One of the two."""

    name: str
    version: str = Field(description="hash of the artefact")
    folder: str
    quality: Metric
    measured: Measurement
    usd_per_1k: float = Field(description="cost of 1,000 requests at full use, USD")


class GateFacts(Record):
    """A comparison and its verdict."""

    passed: bool
    reasons: tuple[str, ...] = Field(description="why, in plain words; what failed first")
    quality_name: str
    reference: Side
    candidate: Side
    quality: GateResult
    test: PairedTest = Field(description="McNemar's exact test: a the reference, b the candidate")
    slower_percent: float = Field(description="growth of the median latency of one request")
    dearer_percent: float = Field(description="growth of the cost of 1,000 requests")
    notes: tuple[str, ...] = Field((), description="rows left out; what could not be checked")


def gate_artefacts(
    spec: GateVerbSpec,
    candidate: Path,
    against: Path,
    tick: Callable[[Progress], None] = silent,
) -> GateFacts:
    """Compare two artefacts; the quality gate is that of compression.

    Args:
        spec: rows and bounds.
        candidate: folder of the new one.
        against: folder of what is served.
        tick: told how far it is.

    Raises:
        UndercutError: not artefacts, unreadable rows, labels the reference does not know, or a
            missing extra.
    """
    threads = spec.threads or usable_cores()
    sides = [load(folder, spec.backend, threads) for folder in (against, candidate)]
    reference, new = sides
    columns = (spec.text_column, spec.label_column)
    rows = labelled(spec.data, reference.manifest, reference.task, *columns)
    where = ", ".join(map(str, spec.data))
    rows, notes = unseen(rows, [against, candidate], spec.workspace, where)
    task, labels = reference.task, reference.labels
    scores = []
    for done, side in enumerate(sides):
        tick(Progress("score", done, 2, f"{count(len(rows))} rows"))
        scores.append(side.score(rows.inputs).log_probs)
    result = gate(
        (scores[0], scores[1]),
        (None, None),
        judge=lambda x: task.judge(x, rows, labels),
        answers=lambda x: task.answers(x, rows.inputs, labels),
        max_drop=spec.max_drop / 100,
        min_agreement=spec.min_agreement,
        max_class_drop=spec.max_class_drop / 100,
        max_confidence_shift=1.0,  # another model may be surer; only a form of the same may not
        labels_reference=labels,
        labels_candidate=new.labels,
        reference_hash=reference.hash,
    )
    judged = [s.task.judge(x, rows, s.labels) for s, x in zip(sides, scores, strict=True)]
    rates, when = rates_of(spec), price_date(None)
    texts = list(rows.inputs[:MEASURED_TEXTS])

    tick(Progress("measure", 0, 2, "in turns"))
    things = [Thing(side.folder, spec.backend) for side in sides]
    timed = together(things, texts, threads)

    def side_of(place: int, side: Predictor, measured: Measurement) -> Side:
        return Side(
            name=side.manifest.name,
            version=side.hash,
            folder=str(side.folder),
            quality=judged[place].quality,
            measured=measured,
            usd_per_1k=usd_per_1k(measured, rates, when),
        )

    before, after = (side_of(i, side, timed[things[i]]) for i, side in enumerate(sides))
    slower = _growth(before.measured.p50_ms, after.measured.p50_ms)
    dearer = _growth(before.usd_per_1k, after.usd_per_1k)
    passed: list[str] = []
    failed: list[str] = []
    (passed if result.verdict == "passed" else failed).append(f"Quality: {result.reason}")
    for name, found, most in (
        ("Latency", slower, spec.max_slower),
        ("Cost", dearer, spec.max_dearer),
    ):
        told = f"{name}: {found:+.0f} %, where {most:+.0f} % is allowed."
        (passed if found <= most else failed).append(told)
    return GateFacts(
        passed=not failed,
        reasons=(*failed, *passed),
        quality_name=task.quality_name,
        reference=before,
        candidate=after,
        quality=result,
        test=paired_test(judged[0].right, judged[1].right),
        slower_percent=slower,
        dearer_percent=dearer,
        notes=tuple(n for n in (*notes, busy_note([*timed.values()])) if n),
    )


def _growth(before: float, after: float) -> float:
    return 100 * (after - before) / before


def markdown(facts: GateFacts) -> str:
    """Return the comparison as Markdown, for the summary of a CI run."""
    a, b, test = facts.reference, facts.candidate, facts.test

    def row(name: str, first: str, second: str, change: str) -> str:
        return f"| {name} | {first} | {second} | {change} |"

    lines = [
        f"### undercut gate: {'passed' if facts.passed else 'not passed'}",
        "",
        "| | served | candidate | change |",
        "| --- | ---: | ---: | ---: |",
        row("artefact", _cell(a.name), _cell(b.name), ""),
        row("version", f"`{a.version[:12]}`", f"`{b.version[:12]}`", ""),
        row(
            facts.quality_name,
            percent(a.quality.value, 2),
            percent(b.quality.value, 2),
            f"{100 * (b.quality.value - a.quality.value):+.2f} points",
        ),
        row(
            "median latency, one text",
            f"{a.measured.p50_ms:.2f} ms",
            f"{b.measured.p50_ms:.2f} ms",
            f"{facts.slower_percent:+.0f} %",
        ),
        row(
            "USD per 1,000 requests",
            f"{a.usd_per_1k:.3g}",
            f"{b.usd_per_1k:.3g}",
            f"{facts.dearer_percent:+.0f} %",
        ),
        row(
            "size",
            f"{a.measured.size_bytes / 1e6:.1f} MB",
            f"{b.measured.size_bytes / 1e6:.1f} MB",
            "",
        ),
        "",
        *(f"- {_cell(reason)}" for reason in facts.reasons),
        f"- Paired: {count(test.n)} rows, {count(test.only_a)} only the served one has right, "
        f"{count(test.only_b)} only the candidate; McNemar p = {test.p_value:.3g}.",
        *(f"- {_cell(note)}" for note in facts.notes),
        "",
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Return a text that cannot break a table or become markup."""
    safe = one_line(text)
    for letter in "\\`*_[]<>|":
        safe = safe.replace(letter, f"\\{letter}")
    return safe
