"""The key figures of a run, one definition for the summary and the page."""

from __future__ import annotations

from dataclasses import dataclass

from undercut.economics.money import money_per_request_scale
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report.figures.month import cheapest
from undercut.pipeline.report.format import (
    clean,
    count,
    cpu_seconds,
    interval,
    money,
    number,
    one_line,
    plural,
)


@dataclass(frozen=True)
class Key:
    """A figure with its name and what it rests on."""

    name: str
    value: str
    detail: str


def key_figures(facts: RunFacts) -> list[Key]:
    """Return quality, cost, unit cost, floor and cheapest rival, in the order they are read."""
    scored = facts.test or facts.valid
    rows = plural(scored.rows, "row")
    where = f"95 % interval, test, {rows}" if facts.test else f"validation, {rows}; no test split"
    price = facts.price
    return [
        Key("Accuracy", interval(scored.accuracy), where),
        Key("Macro-F1", interval(scored.macro_f1), where),
        Key("Cost of this run", money(facts.cost_usd), f"{cpu_seconds(facts.cpu_seconds)} CPU-seconds"),
        Key(
            "Serving, machine fully used",
            money_per_request_scale(price.usd_per_1k),
            f"{money_per_request_scale(price.usd_per_1k_at_30)} at 30 % use; the reserved machine is "
            f"{money(price.machine_usd_per_month)} a month, used or not",
        ),
        _floor(facts),
        _rival(facts),
    ]  # fmt: skip


def _floor(facts: RunFacts) -> Key:
    value, basis = facts.price.price_floor_usd_per_1k, clean(facts.price.price_floor_basis)
    if value is None:
        return Key("Price floor", "not known", basis or "the volume or the costs are not known")
    return Key("Price floor", money_per_request_scale(value), basis or "basis not stated")


def _rival(facts: RunFacts) -> Key:
    rival = cheapest(facts.price)
    if rival is None:
        return Key("Cheapest rival API", "not known", "no price is known at that date")
    even = facts.price.break_even_requests_per_month
    above = f"; dearer than your own box above {count(even)} requests a month" if even else ""
    note = clean(rival.note)
    if "accuracy not measured" not in note:
        note = f"{note}; accuracy not measured" if note else "accuracy not measured"
    return Key(
        "Cheapest rival API",
        money_per_request_scale(rival.usd_per_1k),
        f"{one_line(rival.model)} ({one_line(rival.provider)}), {number(rival.input_tokens)} + "
        f"{number(rival.output_tokens)} tokens, priced {one_line(rival.priced_at)}, {note}{above}",
    )
