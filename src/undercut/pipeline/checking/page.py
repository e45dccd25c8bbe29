"""The findings of ``check`` as one HTML page with no outside resource."""

from __future__ import annotations

import shlex
from pathlib import Path

import undercut
from undercut.core.errors import fail
from undercut.data.near import THRESHOLD
from undercut.pipeline.checking.record import Checked
from undercut.pipeline.report.figures.figure import Table, columns
from undercut.pipeline.report.format import clean, number, one_line, percent, plural
from undercut.pipeline.report.page import environment
from undercut.store.files import write_text


def write_page(checked: Checked, path: Path, files: list[str]) -> None:
    """Write the page, whole or not at all; the same findings give the same bytes.

    Raises:
        UndercutError: the place cannot be written to.
    """
    if path.is_dir():
        raise fail("page-path", expected="a file for --page", found="a folder", where=str(path))
    write_text(path, page(checked, files))


def page(c: Checked, files: list[str]) -> str:
    """Return the page; everything from the data is escaped."""
    usable = "cannot be used as it is" if c.errors else "can be used"
    warnings = len(c.findings) - c.errors
    found = c.label_errors
    keys = [
        _key("Rows", number(c.rows), f"and {number(c.test_rows)} test rows" if c.test_rows else ""),
        _key("Labels", number(len(c.labels)), _balance(c)),
        _key("Findings", plural(c.errors, "error"), plural(warnings, "warning")),
        _key(
            "Doubted labels",
            number(found.estimated) if found else "not looked for",
            f"of {number(found.rows)} looked at" if found else "",
        ),
    ]
    run = f"undercut run {shlex.join(files)}"
    mend = f"undercut check {shlex.join(files)} --fix"
    return environment().get_template("check.html").render(
        name=one_line(", ".join(Path(f).name for f in files)),
        undercut=undercut.__version__,
        verdict=f"The data {usable}.",
        keys=keys,
        next=clean(mend if c.findings else run),
        notes=c.notes,
        labels_said=_labels_said(c),
        lengths_said=_lengths_said(c),
        near_said=_looked_at(c, "near copies") + _looked_at(c, "near test rows"),
        threshold=percent(THRESHOLD),
        tables=_tables(c),
    )  # fmt: skip


def _key(name: str, value: str, detail: str) -> dict[str, str]:
    return {"name": name, "value": value, "detail": detail}


def _balance(c: Checked) -> str:
    if not c.classes:
        return "no class"
    large, small = c.classes[0], c.classes[-1]
    return one_line(
        f"{number(large.rows)} rows of {large.label}, {number(small.rows)} of {small.label}"
    )


def _looked_at(c: Checked, check: str) -> str:
    return "".join(f" Checked on {s.how}." for s in c.samples if s.check == check)


def _labels_said(c: Checked) -> str:
    found = c.label_errors
    if found is None:
        return "Not looked for; the notes above say why, unless it was switched off."
    return (
        f"{number(found.rows)} rows were answered by {found.folds} linear models that had not seen "
        f"them; {percent(found.accuracy)} of the answers are the given label. By confident "
        f"learning they doubt {plural(found.estimated, 'label')}; the less the models agree, the "
        "more of the doubted labels are right. Read a row before changing it."
        f"{_looked_at(c, 'label errors')}"
    )


def _lengths_said(c: Checked) -> str:
    n = c.lengths
    if n is None:
        return "There is no text."
    unknown = "" if n.unknown_share is None else f" {percent(n.unknown_share)} of tokens unknown."
    return (
        f"Counted by {n.counted_by} on {number(n.rows)} rows: {number(n.median)} tokens in the "
        f"middle; {number(n.cut)} texts longer than {number(n.limit)}.{unknown}"
        f"{_looked_at(c, 'lengths')}"
    )


def _tables(c: Checked) -> dict[str, Table]:
    suspects = c.label_errors.suspects if c.label_errors else []
    return {
        "findings": Table(
            columns("Severity", "*What was found", "*Rows", "Code"),
            tuple(
                (f.severity, clean(f.message), one_line(", ".join(f.rows[:20])), f.code)
                for f in c.findings
            ),
            "No problem was found.",
        ),
        "suspects": Table(
            columns("~Row", "*Text", "~Given", "~Model says", ">Probability", ">Of the given"),
            tuple(
                (one_line(s.row), clean(s.text), one_line(s.given), one_line(s.likely),
                 f"{s.confidence:.3f}", f"{s.given_probability:.3f}")
                for s in suspects
            ),
            "No row is suspected.",
        ),
        "pairs": Table(
            columns("~Rows", "*Text", "*Other text", "~Labels", ">Alike"),
            tuple(
                (one_line(" and ".join(p.rows)), clean(p.texts[0]), clean(p.texts[1]),
                 one_line(" / ".join(dict.fromkeys(p.labels))), percent(p.similarity))
                for p in c.near_pairs
            ),
            "No two rows are nearly the same.",
        ),
        "classes": Table(
            columns("~Label", ">Rows", ">Share", ">Test rows"),
            tuple(
                (one_line(x.label), number(x.rows), percent(x.share), number(x.test_rows))
                for x in c.classes
            ),
            "There is no labelled row.",
        ),
        "scripts": Table(
            columns("Script most letters are in", ">Rows"),
            tuple((name, number(n)) for name, n in c.scripts.items()),
            "There is no text.",
        ),
        "longest": Table(
            columns("~Row", ">Tokens"),
            tuple((one_line(row), number(n)) for row, n in (c.lengths.worst if c.lengths else [])),
            "There is no text.",
        ),
    }  # fmt: skip
