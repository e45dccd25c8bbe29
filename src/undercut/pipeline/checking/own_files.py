"""``check`` of files that a task reads itself: its own checks, and those that read texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from undercut.core import plugins
from undercut.core.errors import UndercutError, fail
from undercut.core.registry import TaskInfo
from undercut.core.specs_data import CheckSpec
from undercut.core.types import Examples
from undercut.data.checks import Finding, finding
from undercut.data.content_checks import (
    injections,
    near_copies,
    near_shared,
    pairs_shown,
    personal,
    script_mix,
)
from undercut.data.near import Near, near
from undercut.data.sources import resolve
from undercut.data.table import count
from undercut.data.task_files import read_parts
from undercut.pipeline.checking.labels import cut
from undercut.pipeline.checking.lengths import measure
from undercut.pipeline.checking.record import Checked, ClassCount, Pair

PAIRS = 20
NONE = Examples([], [], [])


def check_own(spec: CheckSpec, info: TaskInfo, task: Any, say: Callable[[str], None]) -> Checked:
    """Return what is wrong with files of a task that reads its own.

    Probable label errors are not looked for: those checks know one label a text.

    Args:
        spec: of the verb.
        info: record of the task.
        task: the task.
        say: told each part of the work.

    Raises:
        UndercutError: no file or none of this kind; or ``--fix``, which mends tables only.
    """
    if spec.fix:
        raise fail(
            "check-fix",
            expected="a table of texts and labels for --fix",
            found=f"files of {info.name}",
            where=", ".join(str(p) for p in spec.train),
            fix="Leave --fix out: the findings name the lines.",
        )
    say("read")
    sources = resolve(spec.train, spec.valid, spec.test)
    parts, notes, found = _read(spec, info, sources)
    train = parts.get("train", NONE)
    if "valid" in parts:
        train = train.plus(parts["valid"])
    test = parts.get("test")
    if len(train):
        found += plugins.attr(info.check)(train, test)
    texts, held = _texts(train, task), _texts(test, task) if test is not None else None
    whole = texts.plus(held) if held is not None else texts
    say("near copies")
    both = near(whole.inputs)
    n = len(texts)
    inside = both.b < n
    alike = Near(both.cluster[:n], both.a[inside], both.b[inside], both.similarity[inside])
    found += near_copies(texts, alike)
    if held is not None and len(held):
        found += near_shared(texts, held, both)
    say("texts")
    scripts, odd = script_mix(whole)
    lengths, long = measure(whole, spec.base, info.windows)
    found += [*long, *odd, *personal(whole), *injections(whole)]
    if info.windows and lengths is not None and lengths.cut:
        notes.append(
            f"{count(lengths.cut, 'text')} longer than the {lengths.limit} tokens an encoder reads "
            "at once: read in windows, nothing is cut."
        )
    notes = [*sources.notes, *notes, "Probable label errors are not looked for in entities."]
    return Checked(
        rows=len(train),
        test_rows=len(test or ()),
        labels=list(task.class_names(task.label_space(train.targets))),
        notes=notes,
        findings=sorted(found, key=lambda f: f.severity != "error"),
        errors=sum(f.severity == "error" for f in found),
        classes=_classes(train, test, task),
        scripts=scripts,
        lengths=lengths,
        near_pairs=_pairs(texts, alike),
    )


def _read(
    spec: CheckSpec, info: TaskInfo, sources: Any
) -> tuple[dict[str, Examples], list[str], list[Finding]]:
    try:
        parts, notes = read_parts(info, sources, spec.text_column, spec.label_column)
    except UndercutError as e:
        if e.code != "data-rows":
            raise
        rows = [p.where for p in e.problems]
        first = e.problems[0]
        message = (
            f"{count(len(rows), 'line')} cannot be used: expected {first.expected}; found "
            f"{first.found} | Mend them; nothing else could be checked."
        )
        problems = [str(p) for p in e.problems]
        return {}, problems, [finding("error", "unreadable", message, rows)]
    return parts, notes, []


def _texts(part: Examples, task: Any) -> Examples:
    """Return rows with their texts, and how many there are of each class in place of targets."""
    sizes = [Counter(task.classes(t)) for t in part.targets]
    targets = ["; ".join(f"{k} {n}" for k, n in sorted(c.items())) or "none" for c in sizes]
    return Examples([task.text(x) for x in part.inputs], targets, part.rows)


def _pairs(texts: Examples, alike: Near) -> list[Pair]:
    return [
        Pair(
            rows=(texts.rows[a], texts.rows[b]),
            texts=(cut(texts.inputs[a]), cut(texts.inputs[b])),
            labels=(str(texts.targets[a]), str(texts.targets[b])),
            similarity=round(float(s), 4),
        )
        for a, b, s in (
            (int(alike.a[i]), int(alike.b[i]), alike.similarity[i])
            for i in pairs_shown(alike, PAIRS)
        )
    ]


def _classes(train: Examples, test: Examples | None, task: Any) -> list[ClassCount]:
    """Return how many entities there are of each type, and their share of all."""
    sizes = Counter(c for t in train.targets for c in task.classes(t))
    held = Counter(c for t in test.targets for c in task.classes(t)) if test is not None else {}
    total = sum(sizes.values())
    return [
        ClassCount(label=x, rows=n, share=round(n / total, 6), test_rows=held.get(x, 0))
        for x, n in sorted(sizes.items(), key=lambda c: (-c[1], c[0]))
    ]
