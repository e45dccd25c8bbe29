"""How the result of ``cascade`` is shown."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from undercut.cli.results import Result, table
from undercut.economics.money import figure
from undercut.pipeline.cascade.facts import CascadeFacts
from undercut.pipeline.cascade.page import cache_text, fair_text, test_text, tier_table
from undercut.pipeline.report.format import for_terminal, one_line
from undercut.pipeline.report.summary import WIDTH, wrap


class CascadeResult(Result):
    """Whether it pays, the tiers, and where everything lies."""

    record: CascadeFacts

    def to_json(self) -> dict[str, Any]:
        """Return the facts, headline figures first."""
        c = self.record
        head = {
            "pays": c.pays,
            "verdict": c.verdict,
            "accuracy": (c.test_accuracy or c.accuracy).value,
            "usd_per_1k": c.usd_per_1k,
            "times_cheaper": c.times_cheaper,
        }
        return head | c.model_dump(mode="json")

    def show(self, console: Console) -> None:
        """Print the verdict first."""
        c = self.record
        for line in wrap(for_terminal(c.verdict), WIDTH):
            console.print(line, soft_wrap=True, markup=False)
        console.print()
        tiers = tier_table(c)
        shown = table(*(f">{h.name}" if h.right else h.name for h in tiers.columns))
        for row in tiers.rows:
            shown.add_row(*(Text(for_terminal(cell)) for cell in row))
        console.print(shown)
        console.print()
        lines = [("Goal", c.goal), ("Margin", c.margin), ("Honestly", fair_text(c))]
        lines += [("Test", test_text(c))] if c.test_versus_last else []
        lines += [("Cache", cache_text(c))] if c.cache else []
        parts = c.usd_per_1k / c.parts_usd_per_1k if c.parts_usd_per_1k else 1.0
        lines.append(("End to end", f"{figure(parts)} times what shares and the parts would give"))
        lines += [
            (
                "Rule",
                f"{one_line(r.pattern)} -> {one_line(r.label)} ({r.where}): not let in, {r.reason}",
            )
            for r in c.rules
            if not r.let_in
        ]
        lines += [("Note", one_line(n)) for n in c.notes]
        for name, text in lines:
            for i, piece in enumerate(wrap(for_terminal(text), WIDTH - 11)):
                head = f"{name:11}" if not i else " " * 11
                console.print(head + piece, soft_wrap=True, markup=False)
        console.print(
            f"Report     {c.report}\nModel      {c.artefact}\n"
            f"Next       undercut serve {c.artefact}",
            soft_wrap=True,
            markup=False,
        )
