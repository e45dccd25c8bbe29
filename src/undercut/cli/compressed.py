"""How a search for a cheaper form is shown: the verdict, every form, where the chosen one lies."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from undercut.cli.results import Result, table
from undercut.economics.money import percent
from undercut.pipeline.compressing.pareto import answer
from undercut.pipeline.compressing.record import CompressFacts, Form
from undercut.pipeline.report.format import for_terminal, money, per_million
from undercut.pipeline.report.summary import WIDTH, wrap


class CompressResult(Result):
    """Every form, the chosen one, and why each other lost."""

    record: CompressFacts

    @property
    def exit_code(self) -> int:
        """Return 2 when nothing that passed beats the model as it is."""
        return 0 if self.record.out else 2

    def to_json(self) -> dict[str, Any]:
        """Return the facts, headline figures first."""
        c = self.record
        chosen = c.form(c.chosen)
        head = {
            "chosen": c.chosen,
            "artefact": c.out,
            "quality": chosen.quality.value if chosen.quality else None,
            "usd_per_1k": chosen.usd_per_1k,
            "times_cheaper": c.times_cheaper,
            "search_usd": c.usd,
        }
        return {**head, "compressed": super().to_json()}

    def show(self, console: Console) -> None:
        """Print the verdict, one line a form, then why each lost."""
        c = self.record
        if not c.did_work:
            console.print("Nothing has changed since the last search, so nothing was done again.")
        for line in wrap(for_terminal(answer(c)), WIDTH):
            console.print(line, style="bold", soft_wrap=True)
        for note in c.notes:
            console.print(f"note: {note}")
        shown = table("form", ">quality", ">USD/million", ">texts/s", ">p50 ms", ">MB", "verdict")
        for f in c.forms:
            shown.add_row(*map(for_terminal, _row(f)))
        console.print(shown)
        console.print("\nWhy")
        for f in c.forms:
            text = " ".join([f"{f.name}: {f.why}", *f.tries])
            for i, line in enumerate(wrap(for_terminal(text), WIDTH - 2)):
                console.print(f"{'  ' if i else ''}{line}", soft_wrap=True, highlight=False)
        console.print(f"\nSearch  {for_terminal(money(c.usd))}, {c.cpu_seconds:.0f} CPU-seconds")
        console.print(f"Page    {c.page}", soft_wrap=True)
        if c.plot:
            console.print(f"Chart   {c.plot}", soft_wrap=True)
        if c.out:
            console.print(f"Model   {c.out}\nNext    undercut serve {c.out}", soft_wrap=True)


def _row(f: Form) -> tuple[str, ...]:
    m = f.measured
    if m is None or f.quality is None:
        return (f.name, "", "", "", "", "", f.status)
    star = " *" if f.best else ""
    return (
        f.name, percent(f.quality.value), per_million(f.usd_per_1k or 0.0),
        f"{m.texts_per_second:,.0f}", f"{m.p50_ms:.1f}", f"{m.size_bytes / 1e6:.1f}",
        f.status + star,
    )  # fmt: skip
