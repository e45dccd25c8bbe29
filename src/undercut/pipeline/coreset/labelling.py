"""The verb ``coreset``: the rows most worth labelling, written to a file to be labelled."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from undercut.core import plugins
from undercut.core.errors import fail
from undercut.core.specs_data import CoresetSpec
from undercut.core.types import Record
from undercut.data.coreset import Picked, clusters, pick_unlabelled
from undercut.data.normal import same_key
from undercut.data.table import count
from undercut.methods.linear.cross import fresh_margins
from undercut.pipeline.coreset.read import Pool, read_pool
from undercut.pipeline.coreset.vectors import text_vectors
from undercut.pipeline.workspace import open_workspace
from undercut.store.files import content_hash, whole_files

if TYPE_CHECKING:
    from undercut.pipeline.run import Listener

ROW, REASON = "coreset_row", "coreset_reason"
UNCERTAIN, DIVERSE = "uncertain", "diverse"


class ToLabel(Record):
    """A row picked to be labelled."""

    row: str = Field(description="file:line")
    text: str
    reason: str = Field(
        description="uncertain: a model of the labelled rows is unsure of it; diverse: like many "
        "rows, and unlike those labelled or picked"
    )
    likely: str | None = Field(None, description="that model's label; None without labelled rows")
    stands_for: int = Field(description="rows, itself included, that it is the picked one nearest")


class Coresetted(Record):
    """The result of ``coreset``."""

    out: str
    asked: int
    picked: list[ToLabel] = Field(description="most useful first")
    rows: int = Field(description="rows without a label in the files")
    labelled: int = Field(description="rows with one")
    labels: dict[str, int] = Field(description="rows of each label there are")
    exact: int = Field(description="rows left out: the same text as another, or as a labelled one")
    near: int = Field(description="rows left out: nearly the same text")
    notes: list[str]
    label_column: str


def coreset(spec: CoresetSpec, listener: Listener | None = None) -> Coresetted:
    """Pick rows without a label and write them, with an empty label, to a CSV file.

    Raises:
        UndercutError: no file, unreadable ones, no row to pick, or a file in the way.
    """
    from undercut.pipeline.run import Silent

    listener = listener or Silent()
    _check(spec)
    task = plugins.attr(plugins.get("task", spec.task).load)()
    columns = (spec.text_column, spec.label_column)
    pool = read_pool(spec.data, task, *columns)
    known = read_pool(spec.labelled, task, *columns) if spec.labelled else Pool()
    free = [i for i, label in enumerate(pool.labels) if label is None]
    if not free:
        raise fail(
            "coreset-all-labelled" if pool.texts else "coreset-none",
            expected="rows without a label",
            found=f"none among {count(len(pool.texts), 'row')}"
            + (f"; each has one in column '{pool.label}'" if pool.texts else " with a text"),
            where=", ".join(str(p) for p in spec.data),
            fix="To learn from a part of labelled rows: undercut run FILE --coreset N."
            if pool.texts
            else "",
        )
    taught = [(pool.texts[i], x) for i, x in enumerate(pool.labels) if x is not None]
    taught += [(t, x) for t, x in zip(known.texts, known.labels, strict=True) if x is not None]
    with open_workspace(spec.workspace, listener.announce) as workspace:
        listener.announce("coreset")
        texts = [pool.texts[i] for i in free]
        material = [texts, taught, spec.coreset, spec.seed]
        with workspace.book.measure(f"step:coreset-label:{content_hash(material)[:16]}"):
            kept, exact = _distinct(texts, [t for t, _ in taught])
            if not len(kept):
                raise fail(
                    "coreset-none",
                    expected="rows unlike those labelled already",
                    found=f"{count(len(texts), 'row')}, all near copies of labelled ones",
                )
            found, likely = _pick(texts, kept, taught, task, spec)
            at = [free[int(kept[i])] for i in found.rows]
            with whole_files([spec.out]) as (out,):
                out.write(_csv(pool, at, found))
    notes = [*pool.notes, *known.notes]
    if len(at) < spec.coreset:
        notes.append(
            f"{spec.coreset:,} rows were asked for; only {len(at):,} differ from each other and "
            "from labelled rows, so all of them are taken."
        )
    counts = dict.fromkeys(task.label_space([x for _, x in taught]), 0)
    for _, label in taught:
        counts[label] += 1
    return Coresetted(
        out=str(spec.out),
        asked=spec.coreset,
        picked=[
            ToLabel(
                row=pool.rows[i],
                text=pool.texts[i],
                reason=_reason(unsure),
                likely=likely[int(j)] if likely else None,
                stands_for=int(n),
            )
            for i, j, unsure, n in zip(
                at, found.rows, found.uncertain, found.stands_for, strict=True
            )
        ],
        rows=len(free),
        labelled=len(taught),
        labels=counts,
        exact=exact,
        near=len(texts) - exact - len(kept),
        notes=notes,
        label_column=pool.label,
    )


def _check(spec: CoresetSpec) -> None:
    if not spec.data:
        raise fail("data-none", expected="a file with texts", found="none",
                   fix="Name one: undercut coreset rows.csv --coreset 100")  # fmt: skip
    given = {p.resolve() for p in (*spec.data, *spec.labelled)}
    if spec.out.resolve() in given or spec.out.is_dir():
        found = "a folder" if spec.out.is_dir() else "a file that is read"
        raise fail("coreset-out", expected="the name of a new file", found=found,
                   where=f"--out {spec.out}")  # fmt: skip
    if spec.out.exists() and not spec.force:
        raise fail("file-exists", expected="a file that is not there yet", found="one",
                   where=f"--out {spec.out}", fix="Add --force, or --out FILE.")  # fmt: skip


def _distinct(texts: list[str], taught: list[str]) -> tuple[np.ndarray, int]:
    """Return one row of each cluster that holds no labelled text, and how many are mere copies."""
    cluster = clusters([*texts, *taught])
    own, known = cluster[: len(texts)], cluster[len(texts) :]
    _, first = np.unique(own, return_index=True)
    kept = np.sort(first[~np.isin(own[first], known)])
    seen, exact = {same_key(t) for t in taught}, 0
    for text in texts:
        key = same_key(text)
        exact += key in seen
        seen.add(key)
    return kept, exact


def _pick(
    texts: list[str],
    kept: np.ndarray,
    taught: list[tuple[str, Any]],
    task: Any,
    spec: CoresetSpec,
) -> tuple[Picked, list[str]]:
    """Return what is picked among the kept rows, and the likeliest label of each kept row."""
    mine = [texts[i] for i in kept]
    vectors = text_vectors([*mine, *(t for t, _ in taught)], spec.seed)
    own, known = vectors[: len(mine)], vectors[len(mine) :]
    covered = np.zeros(len(mine), np.float32)
    for begin in range(0, len(mine) if len(known) else 0, 1024):
        part = slice(begin, begin + 1024)
        covered[part] = (own[part] @ known.T).max(axis=1)
    margin, likely = None, []
    labels = list(task.label_space([x for _, x in taught]))
    if len(labels) > 1:
        y = np.array([labels.index(x) for _, x in taught])
        z = fresh_margins([t for t, _ in taught], y, len(labels), mine, spec.seed)
        top = np.sort(z, axis=1)
        margin, likely = top[:, -1] - top[:, -2], [labels[k] for k in z.argmax(axis=1)]
    n = min(spec.coreset, len(mine))
    return pick_unlabelled(own, n, spec.seed, covered=covered, margin=margin), likely


def _reason(uncertain: Any) -> str:
    return UNCERTAIN if uncertain else DIVERSE


def _csv(pool: Pool, at: list[int], found: Picked) -> str:
    """Return the picked rows with all their columns, an empty label, and why they were picked."""
    columns = list(dict.fromkeys([*pool.columns, pool.label, ROW, REASON]))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for i, unsure in zip(at, found.uncertain, strict=True):
        mine = {ROW: pool.rows[i], REASON: _reason(unsure)}
        writer.writerow(pool.cells[i] | {pool.label: ""} | mine)
    return out.getvalue()
