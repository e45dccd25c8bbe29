"""How a search is shown: what it found for its money, what mattered, then the run."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from undercut.cli.results import RunResult, table
from undercut.economics.money import percent
from undercut.pipeline.report.figures.search import answer, climbs
from undercut.pipeline.report.format import for_terminal, money, plural
from undercut.pipeline.report.summary import WIDTH, wrap
from undercut.pipeline.tuning.record import SearchFacts, settings
from undercut.pipeline.tuning.settings import toml

BAR = 24


class TuneResult(RunResult):
    """A search and the run that came of it."""

    record: Any

    def to_json(self) -> dict[str, Any]:
        """Return the facts of the run, the search's headline figures first."""
        search = self.record.search
        best = search.trial(search.best)
        head: dict[str, Any] = {
            "method": best.method,
            "options": search.options,
            "valid_quality": best.quality,
            "default_quality": search.trial(search.default).quality,
            "search_usd": search.usd,
            "trials": len(search.trials),
        }
        return head | super().to_json()

    def show(self, console: Console) -> None:
        """Print the search, then the summary of the run."""
        search: SearchFacts = self.record.search
        for line in wrap(for_terminal(answer(search, self.record.quality_name)), WIDTH):
            console.print(line, style="bold", soft_wrap=True)
        console.print(f"\nSearch              {for_terminal(_spent(search))}", soft_wrap=True)
        shown = table(">trial", "method", "options", ">valid", ">USD so far")
        for t in climbs(search):
            shown.add_row(
                str(t.number), t.method, settings(t.options), for_terminal(percent(t.quality or 0)),
                for_terminal(money(t.usd_so_far)),
            )  # fmt: skip
        console.print(shown)
        for method, shares in search.importances.items():
            console.print(f"\nWhat mattered in {method} (share of the variance of quality)")
            for name, share in sorted(shares.items(), key=lambda kv: -kv[1]):
                bar = "█" * max(round(share * BAR), 0)
                console.print(f"  {name:14} {for_terminal(percent(share)):>7} {bar}")
        console.print("\nTo go on with it in undercut run, put into undercut.toml:")
        console.print(toml(search.trial(search.best).method, search.options))
        super().show(console)


def _spent(search: SearchFacts) -> str:
    states = [t.state for t in search.trials]
    counts = ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(states))
    return (
        f"{plural(len(states), 'trial')} ({counts}), {money(search.usd)} and "
        f"{search.cpu_seconds:.0f} CPU-seconds; ended: {search.stopped}"
    )
