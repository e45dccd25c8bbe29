"""How ``undercut doctor`` and ``undercut new`` are shown."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from undercut.cli.results import Result, table

STYLES = {"ok": "green", "note": "yellow", "missing": "yellow", "broken": "bold red"}


class DoctorResult(Result):
    """What the doctor found."""

    @property
    def exit_code(self) -> int:
        """Return 2 when something is broken."""
        return 2 if self.record.broken else 0

    def show(self, console: Console) -> None:
        """Print the verdict, everything looked at, then the commands that mend."""
        r = self.record
        verdict = f"{r.broken} broken" if r.broken else "Nothing is broken"
        console.print(f"{verdict}; {r.missing} missing that you may not need.\n")
        shown = table("state", "what", "found")
        for c in r.checks:
            shown.add_row(Text(c.state, STYLES[c.state]), c.topic, Text(c.found))
        console.print(shown)
        mend = [c for c in r.checks if c.fix or c.source]
        if mend:
            console.print("\nTo mend or to know:")
        for c in mend:
            source = f" ({c.source})" if c.source else ""
            console.print(f"  {c.topic}: {c.fix or 'see'}{source}", soft_wrap=True)


class NewResult(Result):
    """The file that was written."""

    def show(self, console: Console) -> None:
        """Print what was found and the next command."""
        r = self.record
        for note in r.notes:
            console.print(note, soft_wrap=True)
        labels = ", ".join(list(r.labels)[:8]) + (" ..." if len(r.labels) > 8 else "")
        console.print(f"{r.rows:,} rows, {len(r.labels)} labels: {labels}", soft_wrap=True)
        console.print(f"Written: {r.path}\nNext:    undercut run", soft_wrap=True)
