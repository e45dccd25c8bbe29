"""``undercut list``: runs, plug-ins and their table, rates."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

from undercut.cli.results import table
from undercut.core import plugins
from undercut.core.errors import did_you_mean, fail
from undercut.core.specs_results import ListSpec


class Listing:
    """Rows under a heading."""

    def __init__(self, key: str, columns: list[str], rows: list[list[str]], empty: str) -> None:
        self.key, self.columns, self.rows, self.empty = key, columns, rows, empty

    def to_json(self) -> dict[str, Any]:
        """Return the rows as objects."""
        names = [c.lstrip(">") for c in self.columns]
        return {self.key: [dict(zip(names, row, strict=True)) for row in self.rows]}

    def show(self, console: Console) -> None:
        """Print the table."""
        if not self.rows:
            console.print(self.empty)
            return
        shown = table(*self.columns)
        for row in self.rows:
            shown.add_row(*row)
        console.print(shown)


def combinations(task: str) -> list[list[str]]:
    """Return method x backend rows for a task: what works here, or the one thing missing."""
    rows = []
    for name in plugins.names("method"):
        method = plugins.get("method", name)
        if task not in method.ways:
            continue
        model = plugins.get("model", method.ways[task].architecture)
        for fmt in model.formats:
            for backend in plugins.names("backend"):
                runtime = plugins.get("backend", backend)
                if fmt not in runtime.formats:
                    continue
                absent = plugins.missing(method, task) + plugins.missing(runtime)
                extra = method.extra if plugins.missing(method, task) else runtime.extra
                state = f'pip install "undercut[{extra}]"' if absent else "works"
                rows.append([task, name, model.name, fmt, backend, state])
    return rows


def listing(spec: ListSpec) -> Listing:
    """Return what was asked for.

    Raises:
        UndercutError: an unknown thing to list.
    """
    if spec.what == "plugins":
        columns = ["task", "method", "architecture", "format", "backend", "state"]
        rows = [row for task in plugins.names("task") for row in combinations(task)]
        return Listing("plugins", columns, rows, "No plug-ins.")
    if spec.what == "rates":
        from undercut.ledger.price import Rates

        rates = [[r.unit, f"{r.usd:f}", str(r.since), r.source] for r in Rates().rows]
        return Listing("rates", ["unit", ">usd", "from", "source"], rates, "No rates.")
    if spec.what != "runs":
        raise fail(
            "list-what",
            expected="runs, plugins or rates",
            found=f"'{spec.what}'",
            fix=did_you_mean(spec.what, ["runs", "plugins", "rates"]),
        )
    rows = []
    for path in sorted(spec.workspace.glob("runs/*/facts.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        best = facts["test"] or facts["valid"]
        rows.append(
            [
                path.parent.name,
                facts["created_at"][:16].replace("T", " "),
                f"{best['quality']['value']:.1%} {best['quality_name']}",
                best["split"],
                facts["promoted"],
                f"{facts['cost_usd']:.4f}",
                str(path.parent / "model"),
            ]
        )
    columns = ["run", "when", ">quality", "split", "variant", ">USD", "artefact"]
    empty = f"No runs in {spec.workspace}. Start with: undercut run train.csv"
    return Listing("runs", columns, rows, empty)
