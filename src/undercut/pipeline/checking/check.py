"""The verb ``check``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from undercut.core import plugins
from undercut.core.specs_data import CheckSpec
from undercut.core.types import Examples
from undercut.data.checks import Finding, finding
from undercut.data.checks import check as check_rows
from undercut.data.content_checks import (
    injections,
    near_copies,
    near_shared,
    pairs_shown,
    personal,
    script_mix,
    unusable,
)
from undercut.data.near import Near, near
from undercut.data.task_files import own_reader, task_for
from undercut.data.usable import Usable, read_sets
from undercut.pipeline.checking.labels import cut, label_errors
from undercut.pipeline.checking.lengths import measure, sampled
from undercut.pipeline.checking.own_files import check_own
from undercut.pipeline.checking.record import Checked, ClassCount, LabelErrors, Pair, Sample
from undercut.pipeline.checking.sample import affordable, drawn, random_sample

if TYPE_CHECKING:
    from undercut.pipeline.run import Listener

NEAR_ROWS, NEAR_BYTES = 500_000, 128 << 20
"""Most rows near copies are looked for among, and bytes of their texts; of more, a sample."""
PAIRS = 20


def check(spec: CheckSpec, listener: Listener | None = None) -> Checked:
    """Read labelled files and report what is wrong with them, and mend a copy when asked.

    Raises:
        UndercutError: no file, or one that cannot be read at all; a copy or page that cannot be
            written. Bad rows are findings, not errors raised.
    """
    from undercut.pipeline.run import Silent

    listener = listener or Silent()
    name, said = task_for(spec.task, spec.train)
    task = plugins.attr(plugins.get("task", name).load)()
    if (info := own_reader(task)) is not None:
        checked = check_own(spec, info, task, listener.announce)
        return _paged(checked.model_copy(update={"notes": [*said, *checked.notes]}), spec)
    columns = (spec.text_column, spec.label_column)
    listener.announce("read")
    read = read_sets(
        spec.train, spec.valid, spec.test, task, *columns,
        spill=True, keep=spec.fix, tick=listener.tick,
    )  # fmt: skip
    train = read.learnt
    test = read.test.examples() if read.test is not None else None
    found = unusable(read.refused)
    listener.announce("exact copies and labels")
    if len(train) or not found:
        found += check_rows(train, test)
    whole = train.plus(test) if test is not None else train
    copies = _copies(train, test, spec.seed, listener)
    samples = copies.samples
    listener.announce("scripts")
    scripts, odd = script_mix(whole)
    listener.announce("lengths")
    lengths, long = measure(whole, spec.base)
    samples += sampled(lengths, len(whole))
    listener.announce("personal data")
    found += [*copies.findings, *long, *odd, *personal(whole)]
    listener.announce("injections")
    found += injections(whole)
    notes = read.notes
    errors: LabelErrors | str | None = None
    if spec.label_errors and len(train):
        listener.announce("label errors")
        errors = label_errors(train, task, spec.seed, listener.tick, copies.groups)
        if isinstance(errors, str):
            notes.append(errors)
            errors = None
        else:
            if errors.rows < len(train):
                samples.append(random_sample("label errors", errors.rows, len(train), spec.seed))
            if errors.suspects:
                found.append(_suspected(errors, len(train), spec.seed))
    notes += [f"{s.check.capitalize()} checked on {s.how}." for s in samples]
    checked = Checked(
        rows=len(train),
        test_rows=len(test or ()),
        labels=list(task.label_space(train.targets)),
        notes=notes,
        samples=samples,
        findings=sorted(found, key=lambda f: f.severity != "error"),
        errors=sum(f.severity == "error" for f in found),
        classes=_classes(train, test),
        scripts=scripts,
        lengths=lengths,
        label_errors=errors,
        near_pairs=copies.pairs,
    )
    return _written(checked, spec, read, listener)


def _written(checked: Checked, spec: CheckSpec, read: Usable, listener: Listener) -> Checked:
    """Write what was asked for: mended copies, the page."""
    if spec.fix:
        from undercut.pipeline.checking.fix import write_fixed

        listener.announce("mended copies")
        checked = checked.model_copy(update={"fixed": write_fixed(read.read)})
    return _paged(checked, spec)


def _paged(checked: Checked, spec: CheckSpec) -> Checked:
    """Write the page when asked."""
    if spec.page is not None:
        from undercut.pipeline.checking.page import write_page

        checked = checked.model_copy(update={"page": str(spec.page)})
        write_page(checked, spec.page, [str(p) for p in spec.train])
    return checked


@dataclass(frozen=True)
class _Copies:
    """Near copies: findings, the pairs most alike, and clusters of the training rows if of all."""

    findings: list[Finding]
    pairs: list[Pair]
    groups: np.ndarray | None
    samples: list[Sample]


def _copies(train: Examples, test: Examples | None, seed: int, listener: Listener) -> _Copies:
    listener.announce("near copies")
    samples: list[Sample] = []
    part, among = _some(train, "near copies", seed, samples)
    held, held_among = (None, "") if test is None else _some(test, "near test rows", seed, samples)
    both = near((part if held is None else part.plus(held)).inputs, tick=listener.tick)
    n = len(part)
    inside = both.b < n
    alike = Near(both.cluster[:n], both.a[inside], both.b[inside], both.similarity[inside])
    found = near_copies(part, alike, among)
    if held is not None and len(held):
        found += near_shared(part, held, both, " and ".join(filter(None, (held_among, among))))
    pairs = [
        Pair(
            rows=(part.rows[a], part.rows[b]),
            texts=(cut(part.inputs[a]), cut(part.inputs[b])),
            labels=(str(part.targets[a]), str(part.targets[b])),
            similarity=round(float(s), 4),
        )
        for a, b, s in (
            (int(alike.a[i]), int(alike.b[i]), alike.similarity[i])
            for i in pairs_shown(alike, PAIRS)
        )
    ]
    return _Copies(found, pairs, None if among else _folds_groups(alike.cluster), samples)


def _some(part: Examples, what: str, seed: int, samples: list[Sample]) -> tuple[Examples, str]:
    """Return the rows to look for near copies among, and how they were drawn if not all are."""
    most = affordable(part, NEAR_ROWS, NEAR_BYTES)
    if len(part) <= most:
        return part, ""
    sample = random_sample(what, most, len(part), seed)
    samples.append(sample)
    return part.take(drawn(len(part), most, seed)), sample.how


def _folds_groups(cluster: np.ndarray) -> np.ndarray | None:
    """Return clusters fit to keep folds apart; None when one would be most of a fold."""
    if not len(cluster) or np.bincount(cluster).max() > len(cluster) / 10:
        return None
    return cluster


def _suspected(errors: LabelErrors, rows: int, seed: int) -> Finding:
    of = f" (a random sample of {rows:,}, seed {seed})" if errors.rows < rows else ""
    message = (
        f"{errors.estimated:,} of {errors.rows:,} labels{of} are doubted by models that never saw "
        f"the row and agree with {100 * errors.accuracy:.0f} % of all labels; many will be right | "
        "The likeliest errors are listed; look at them first: undercut relabel FILE."
    )
    return finding("warning", "label-errors", message, [s.row for s in errors.suspects])


def _classes(train: Examples, test: Examples | None) -> list[ClassCount]:
    sizes = Counter(str(t) for t in train.targets)
    held = Counter(str(t) for t in test.targets) if test is not None else Counter()
    return [
        ClassCount(label=x, rows=n, share=round(n / len(train), 6), test_rows=held[x])
        for x, n in sorted(sizes.items(), key=lambda c: (-c[1], c[0]))
    ]
