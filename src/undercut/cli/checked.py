"""How the result of ``check`` is shown on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from undercut.cli.results import Result, table
from undercut.data.table import count
from undercut.economics.money import percent

WIDTH = 80
SOME = 6
_STYLE = {"error": "bold red", "warning": "yellow"}


@dataclass
class CheckResult(Result):
    """Findings on files."""

    @property
    def exit_code(self) -> int:
        """Return 2 when the data has errors."""
        return 2 if self.record.errors else 0

    def show(self, console: Console) -> None:
        """Print the verdict, findings with errors first, suspected labels, classes."""
        r = self.record
        verdict = "cannot be used as it is" if r.errors else "can be used"
        test = f", {count(r.test_rows, 'test row')}" if r.test_rows else ""
        head = f"{count(r.rows, 'row')}{test}, {count(len(r.labels), 'label')}"
        console.print(f"{head}; the data {verdict}.")
        for note in r.notes:
            console.print(f"  {note}")
        width = min(console.width, WIDTH)
        if not r.findings:
            console.print("No problem was found.")
        else:
            console.print()
            shown = table("severity", "what")
            for f in r.findings:
                shown.add_row(Text(f.severity, style=_STYLE[f.severity]), f"{f.code}: {f.message}")
            console.print(shown, width=width)
        if r.label_errors is not None and r.label_errors.suspects:
            _suspects(r.label_errors, console, width)
        _classes(r.classes, console, width)
        _texts(r, console)
        for f in r.fixed:
            made = ", ".join(f"{kind} {n:,}" for kind, n in f.changes.items()) or "nothing to mend"
            console.print(
                f"\nWritten: {f.copy_file}, {f.rows_after:,} of {f.rows_before:,} rows ({made})."
                f"\nLog:     {f.log}",
                soft_wrap=True,
            )
        if r.page:
            console.print(f"\nPage:    {r.page}", soft_wrap=True)


def _suspects(found: Any, console: Console, width: int) -> None:
    console.print(
        "\nProbable label errors, likeliest first "
        f"(out-of-fold accuracy {percent(found.accuracy)}):"
    )
    shown = table("row", "given", "model says", ">sure", "text")
    # Columns are parted by two spaces; the number needs five.
    row = min(max(len(s.row) for s in found.suspects), width * 3 // 10)
    rest = width - row - 13
    widths = (row, rest * 27 // 100, rest * 27 // 100, 0, rest * 46 // 100)
    for column, wide in zip(shown.columns, widths, strict=True):
        if wide:
            column.max_width, column.no_wrap, column.overflow = wide, True, "ellipsis"
    shown.columns[0].no_wrap, shown.columns[0].overflow = False, "fold"
    for s in found.suspects:
        shown.add_row(s.row, s.given, s.likely, f"{s.confidence:.0%}", s.text)
    console.print(shown, width=width)


def _classes(classes: list[Any], console: Console, width: int) -> None:
    if not classes:
        return
    few = len(classes) > 2 * SOME
    listed = [*classes[:SOME], None, *classes[-SOME:]] if few else classes
    test = any(c.test_rows for c in classes)
    shown = table("label", ">rows", ">share", *([">test rows"] if test else []))
    for c in listed:
        if c is None:
            shown.add_row(f"... {len(classes) - 2 * SOME:,} more ...", "", "")
        else:
            more = [f"{c.test_rows:,}"] if test else []
            shown.add_row(c.label, f"{c.rows:,}", percent(c.share), *more)
    console.print()
    console.print(shown, width=width if width < WIDTH else None)


def _texts(r: Any, console: Console) -> None:
    console.print()
    if r.scripts:
        listed = ", ".join(f"{name} {n:,}" for name, n in list(r.scripts.items())[:6])
        console.print(f"Scripts: {listed}.")
    if r.lengths is not None:
        n = r.lengths
        unknown = "" if n.unknown_share is None else f"; {percent(n.unknown_share)} unknown"
        console.print(
            f"Tokens, by {n.counted_by}: {n.median:,} in the middle, "
            f"{n.longest:,} at most{unknown}."
        )
