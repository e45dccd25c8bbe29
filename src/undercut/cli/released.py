"""How the results of ``release`` and ``gate`` are shown."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from undercut.cli.results import Result, table
from undercut.measures.words import one_line, percent
from undercut.pipeline.report.format import for_terminal


class ReleaseResult(Result):
    """What is served under each name, and how its trial stands."""

    def show(self, console: Console) -> None:
        """Print a line a name, then what a trial has shown."""
        if not self.record.releases:
            console.print("Nothing is served from a folder here.")
            return
        shown = table("name", "served", "before", "candidate", "trial", ">change")
        for state in self.record.releases:
            r = state.release
            tried = f"{r.mode}, {r.percent:g} %" if r.mode else "none"
            shown.add_row(
                Text(one_line(r.name)),
                r.live.version[:12],
                r.previous.version[:12] if r.previous else "none",
                r.candidate.version[:12] if r.candidate else "none",
                tried,
                str(r.change),
            )
        console.print(shown)
        for state in self.record.releases:
            told = state.comparison or state.promoted_on
            if told is not None:
                line = f"{state.release.name}: {told.verdict}. {told.reason}"
                console.print(Text(for_terminal(one_line(line))), soft_wrap=True)


class GateVerbResult(Result):
    """A verdict on a new artefact."""

    @property
    def exit_code(self) -> int:
        """Return 1 when it does not pass."""
        return 0 if self.record.passed else 1

    def to_json(self) -> dict[str, Any]:
        """Return the facts."""
        told: dict[str, Any] = self.record.model_dump(mode="json")
        return told

    def show(self, console: Console) -> None:
        """Print the verdict, both artefacts, and why."""
        g = self.record
        console.print("Passed." if g.passed else "Not passed.", style="bold")
        shown = table("", "artefact", f">{g.quality_name}", ">p50 ms", ">USD/1k", ">MB")
        for called, side in (("served", g.reference), ("candidate", g.candidate)):
            shown.add_row(
                called,
                Text(one_line(side.name)),
                for_terminal(percent(side.quality.value, 2)),
                f"{side.measured.p50_ms:.2f}",
                f"{side.usd_per_1k:.3g}",
                f"{side.measured.size_bytes / 1e6:.1f}",
            )
        console.print(shown)
        for reason in (*g.reasons, *(f"note: {n}" for n in g.notes)):
            console.print(Text(for_terminal(one_line(reason))), soft_wrap=True)
