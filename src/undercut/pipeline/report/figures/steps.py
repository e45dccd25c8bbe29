"""What did this run spend its time on? CPU-seconds a step, from the ledger."""

from __future__ import annotations

from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import (
    cpu_seconds,
    duration,
    money,
    number,
    one_line,
    percent,
)
from undercut.pipeline.report.svg.bars import Bar, bars
from undercut.pipeline.report.svg.shapes import Drawing

SPENT = "What did this run spend its time on?"


def steps(facts: RunFacts) -> Figure:
    """Return the bars of CPU-seconds by step, in the order of work."""
    costs = facts.costs
    total = sum(c.cpu_seconds for c in costs)
    table = Table(
        columns("Step", ">CPU-seconds", ">Wall time", ">USD", ">Attempts", "From cache"),
        tuple(
            (
                one_line(c.step), cpu_seconds(c.cpu_seconds), duration(c.wall_seconds),
                money(c.usd), number(c.attempts), "yes" if c.cached else "no",
            )
            for c in costs
        )
        + (
            (("Total", cpu_seconds(facts.cpu_seconds), "", money(facts.cost_usd), "", ""),)
            if costs
            else ()
        ),
        "The ledger has no step for this run.",
        strong=len(costs) if costs else None,
    )  # fmt: skip
    if not costs or total <= 0:
        return Figure("steps", SPENT, "The ledger has no CPU-seconds for this run.", None, table)
    longest = max(costs, key=lambda c: c.cpu_seconds)
    answer = (
        f"{one_line(longest.step)} took {percent(longest.cpu_seconds / total)} of "
        f"{cpu_seconds(facts.cpu_seconds)} CPU-seconds; the whole run cost {money(facts.cost_usd)}."
    )
    note = "All attempts count, killed ones included. Grey: taken from the cache this time."

    def draw(width: float) -> Drawing:
        found = [
            Bar(
                one_line(c.step), c.cpu_seconds, cpu_seconds(c.cpu_seconds),
                colour="grey" if c.cached else "accent",
            )
            for c in costs
        ]  # fmt: skip
        return bars(found, max(c.cpu_seconds for c in costs), width, "CPU-seconds")

    return Figure("steps", SPENT, answer, draw, table, note)
