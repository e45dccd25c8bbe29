"""How the comparison with a rival API is shown."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from undercut.cli.results import Result, table
from undercut.core.types import Metric
from undercut.economics.money import figure, percent
from undercut.pipeline.report.format import for_terminal, money, one_line, plural
from undercut.pipeline.report.keys import p_value
from undercut.pipeline.report.summary import WIDTH, wrap
from undercut.pipeline.rival.run import Compared


def _share(metric: Metric) -> str:
    low, high = (100 * (end or 0.0) for end in (metric.low, metric.high))
    return f"{percent(metric.value)} ({low:.1f} to {high:.1f})"


def _ms(value: float | None) -> str:
    return "not measured" if value is None else figure(value)


class RivalResult(Result):
    """Accuracy, latency and USD side by side."""

    record: Compared

    def to_json(self) -> dict[str, Any]:
        """Return the comparison, headline figures first."""
        c = self.record
        head = {
            "accuracy": c.rival.accuracy.value,
            "own_accuracy": c.rival.own_accuracy.value,
            "p_value": c.rival.versus.p_value,
            "usd_per_1k": c.rival.usd_per_1k,
        }
        return head | c.model_dump(mode="json")

    def show(self, console: Console) -> None:
        """Print the sentence, the table, and what the figures rest on."""
        c = self.record
        r, test = c.rival, c.rival.versus
        for line in wrap(for_terminal(c.sentence), WIDTH):
            console.print(line, soft_wrap=True)
        console.print()
        shown = table("", f">{one_line(r.model)}", ">this model")
        for name, theirs, ours in (
            (f"{r.quality_name} (95 % interval)", _share(r.accuracy), _share(r.own_accuracy)),
            ("latency p50, ms", figure(r.p50_ms), _ms(c.own_p50_ms)),
            ("latency p95, ms", figure(r.p95_ms), _ms(c.own_p95_ms)),
            ("USD per 1,000 requests", money(r.usd_per_1k), money(c.own_usd_per_1k)),
        ):
            shown.add_row(name, for_terminal(theirs), for_terminal(ours))
        console.print(shown)
        low, high = 100 * test.low, 100 * test.high
        wrong = (
            f"{r.unparsed:,} no answer, {r.refused:,} refused, {r.cut:,} cut; all count as wrong"
        )
        lines = [
            f"Paired     this model {100 * test.difference:+.1f} points ({low:+.1f} to "
            f"{high:+.1f}), p {p_value(test)}; only it right {test.only_b:,}, "
            f"only the rival {test.only_a:,}, of {test.n:,}",
            f"Rows       {plural(r.rows, 'row')} of {one_line(r.split)}, {r.prompt}; "
            f"{c.asked_now:,} asked now" + (f", {r.unanswered:,} left out" * (r.unanswered > 0)),
            f"Answers    {wrong}",
            f"Tokens     {figure(r.input_tokens)} in, {figure(r.output_tokens)} out a request, "
            f"{figure(r.reasoning_tokens)} of them hidden reasoning",
            f"Spent      {money(r.spent_usd)}, in the ledger; {r.price}",
            f"Latency    the rival's over the network, {r.concurrency} at a time; this model's in "
            "process, one at a time",
            f"Cost       this model's machine fully used; at 30 % use "
            f"{money(c.own_usd_per_1k_at_30)} per 1,000",
        ]
        console.print()
        for line in [*lines, *(f"Note       {one_line(n)}" for n in r.notes)]:
            _print(console, for_terminal(line))
        console.print(f"Report     {c.report}", soft_wrap=True)


def _print(console: Console, line: str) -> None:
    """Print a named line, broken below its own beginning."""
    name, rest = line[:11], line[11:]
    for i, piece in enumerate(wrap(rest, WIDTH - len(name))):
        console.print((name if not i else " " * len(name)) + piece, soft_wrap=True)
