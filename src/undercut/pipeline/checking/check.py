"""The verb ``check``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from undercut.core import plugins
from undercut.core.specs import CheckSpec
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
from undercut.pipeline.checking.lengths import measure
from undercut.pipeline.checking.own_files import check_own
from undercut.pipeline.checking.record import Checked, ClassCount, LabelErrors, Pair

if TYPE_CHECKING:
    from undercut.pipeline.run import Listener

NEAR_ROWS = 500_000
"""Rows near copies are looked for among; of more, a seeded sample (about 2 GB at 500 letters)."""
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
    sets = read_sets(spec.train, spec.valid, spec.test, task, *columns)
    given = sets.pop("train")
    train = given.rows.plus(sets["valid"].rows) if "valid" in sets else given.rows
    test = sets["test"].rows if "test" in sets else None
    notes = [*given.notes, *(n for s in sets.values() for n in s.notes)]
    found = unusable([*given.bad, *(b for s in sets.values() for b in s.bad)])
    if len(train) or not found:
        found += check_rows(train, test)
    whole = train.plus(test) if test is not None else train
    more, pairs, groups = _copies(train, test, spec.seed, listener, notes)
    scripts, odd = script_mix(whole)
    listener.announce("texts")
    lengths, long = measure(whole, spec.base)
    found += [*more, *long, *odd, *personal(whole), *injections(whole)]
    errors: LabelErrors | str | None = None
    if spec.label_errors and len(train):
        listener.announce("label errors")
        errors = label_errors(train, task, spec.seed, listener.tick, groups)
        if isinstance(errors, str):
            notes.append(errors)
            errors = None
        elif errors.suspects:
            found.append(_suspected(errors))
    checked = Checked(
        rows=len(train),
        test_rows=len(test or ()),
        labels=list(task.label_space(train.targets)),
        notes=notes,
        findings=sorted(found, key=lambda f: f.severity != "error"),
        errors=sum(f.severity == "error" for f in found),
        classes=_classes(train, test),
        scripts=scripts,
        lengths=lengths,
        label_errors=errors,
        near_pairs=pairs,
    )
    return _written(checked, spec, given, sets)


def _written(checked: Checked, spec: CheckSpec, given: Usable, sets: dict[str, Usable]) -> Checked:
    """Write what was asked for: mended copies, the page."""
    if spec.fix:
        from undercut.pipeline.checking.fix import write_fixed

        sources = [*given.sources, *(s for used in sets.values() for s in used.sources)]
        checked = checked.model_copy(update={"fixed": write_fixed(sources)})
    return _paged(checked, spec)


def _paged(checked: Checked, spec: CheckSpec) -> Checked:
    """Write the page when asked."""
    if spec.page is not None:
        from undercut.pipeline.checking.page import write_page

        checked = checked.model_copy(update={"page": str(spec.page)})
        write_page(checked, spec.page, [str(p) for p in spec.train])
    return checked


def _copies(
    train: Examples, test: Examples | None, seed: int, listener: Listener, notes: list[str]
) -> tuple[list[Finding], list[Pair], np.ndarray | None]:
    """Return findings on near copies, the pairs most alike, and the clusters of training rows."""
    listener.announce("near copies")
    part, held = train, test
    if len(train) > NEAR_ROWS:
        rng = np.random.default_rng(seed)
        part = train.take(np.sort(rng.choice(len(train), NEAR_ROWS, replace=False)))
        notes.append(f"Near copies looked for among {NEAR_ROWS:,} rows of {len(train):,}.")
    if held is not None and len(held) > NEAR_ROWS:
        held = held.take(np.arange(NEAR_ROWS))
    both = near([*part.inputs, *(held.inputs if held is not None else ())])
    n = len(part)
    inside = both.b < n
    alike = Near(both.cluster[:n], both.a[inside], both.b[inside], both.similarity[inside])
    found = near_copies(part, alike)
    if held is not None and len(held):
        found += near_shared(part, held, both)
    pairs = [
        Pair(
            rows=(part.rows[a], part.rows[b]),
            texts=(cut(part.inputs[a]), cut(part.inputs[b])),
            labels=(str(part.targets[a]), str(part.targets[b])),
            similarity=round(float(s), 4),
        )
        for a, b, s in (
            (alike.a[i], alike.b[i], alike.similarity[i]) for i in pairs_shown(alike, PAIRS)
        )
    ]
    return found, pairs, _folds_groups(alike.cluster) if part is train else None


def _folds_groups(cluster: np.ndarray) -> np.ndarray | None:
    """Return clusters fit to keep folds apart; None when one would be most of a fold."""
    if not len(cluster) or np.bincount(cluster).max() > len(cluster) / 10:
        return None
    return cluster


def _suspected(errors: LabelErrors) -> Finding:
    message = (
        f"{errors.estimated:,} of {errors.rows:,} labels are doubted by models that never saw the "
        f"row and agree with {100 * errors.accuracy:.0f} % of all labels; many will be right | The "
        "likeliest errors are listed; look at them first: undercut relabel FILE."
    )
    return finding("warning", "label-errors", message, [s.row for s in errors.suspects])


def _classes(train: Examples, test: Examples | None) -> list[ClassCount]:
    sizes = Counter(str(t) for t in train.targets)
    held = Counter(str(t) for t in test.targets) if test is not None else Counter()
    return [
        ClassCount(label=x, rows=n, share=round(n / len(train), 6), test_rows=held[x])
        for x, n in sorted(sizes.items(), key=lambda c: (-c[1], c[0]))
    ]
