"""How the result of ``coreset`` is shown on the screen."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.text import Text

from undercut.cli.results import Result, table
from undercut.data.table import count
from undercut.pipeline.checking.labels import cut
from undercut.pipeline.report.format import clean

SOME = 10


class CoresetResult(Result):
    """The rows picked, and where they were written."""

    def show(self, console: Console) -> None:
        """Print counts, the first rows, and what to do next."""
        r = self.record
        for note in r.notes:
            console.print(f"note: {note}", markup=False)
        known = count(r.labelled, "labelled row")
        console.print(
            f"{count(len(r.picked), 'row')} of {r.rows:,} picked beside {known}; left out: "
            f"{count(r.exact, 'copy', 'copies')}, {count(r.near, 'near copy', 'near copies')}."
        )
        why = Counter(p.reason for p in r.picked)
        console.print(", ".join(f"{n:,} {reason}" for reason, n in why.most_common()))
        shown = table("reason", ">stands for", "text", title="\nfirst of them")
        for p in r.picked[:SOME]:
            shown.add_row(p.reason, f"{p.stands_for:,}", Text(clean(cut(p.text))))
        console.print(shown)
        files = f"LABELLED.csv {r.out}" if r.labelled else r.out
        console.print(
            f"\nWritten: {r.out}\nFill in column '{r.label_column}', then: undercut run {files}",
            soft_wrap=True,
            markup=False,
        )
