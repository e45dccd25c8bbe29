"""The key figures of a run, one definition for the summary and the page."""

from __future__ import annotations

from dataclasses import dataclass

from undercut.economics.breakeven import break_even, compare
from undercut.economics.records import Own
from undercut.measures.paired import SIGNIFICANCE
from undercut.measures.record import PairedTest
from undercut.pipeline.facts import RivalFacts, RunFacts
from undercut.pipeline.report.figures.month import cheapest
from undercut.pipeline.report.format import (
    capital,
    clean,
    count,
    cpu_seconds,
    interval,
    money,
    number,
    one_line,
    percent,
    plural,
    unit_price,
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
    full, at_30 = unit_costs(facts)
    spent = f"{cpu_seconds(facts.cpu_seconds)} CPU-seconds"
    return [
        Key(capital(facts.quality_name), interval(scored.quality), where),
        Key("Macro-F1", interval(scored.macro_f1), where),
        Key("Cost of this run", money(facts.cost_usd), spent),
        Key(
            "Serving, machine fully used",
            full,
            f"{at_30} at 30 % use; the reserved machine is "
            f"{money(price.machine_usd_per_month)} a month, used or not",
        ),
        floor(facts),
        rival(facts),
    ]  # fmt: skip


def verdict(facts: RunFacts) -> str:
    """Return the verdict in a sentence, or that there is none and why."""
    return clean(facts.price.verdict) or "No verdict: prices or measurements are missing."


def margin(facts: RunFacts) -> str:
    """Return by how much this model is cheaper above the break-even volume.

    Empty when the verdict says it already, at the volume the user gave, or when there is nothing
    to compare with.
    """
    price, api = facts.price, cheapest(facts.price)
    even = price.break_even_requests_per_month
    if price.requests_per_month or not even or api is None:
        return ""
    own = Own(
        machine_usd_per_month=price.machine_usd_per_month,
        capacity_per_month=price.capacity_per_month,
    )
    found = compare(own, api.usd_per_1k, 2 * even, price.usable_share)
    if found.cheaper != "own":
        return ""
    return f"At twice that volume it costs {money(found.difference_usd_per_month)} a month less."


def unit_costs(facts: RunFacts) -> tuple[str, str]:
    """Return the cost of serving, the machine fully used and at 30 % use."""
    return unit_price(facts.price.usd_per_1k), unit_price(facts.price.usd_per_1k_at_30)


def floor(facts: RunFacts) -> Key:
    """Return the price floor and what it counts."""
    value, basis = facts.price.price_floor_usd_per_1k, clean(facts.price.price_floor_basis)
    if value is None:
        return Key("Price floor", "not known", basis or "the volume or the costs are not known")
    return Key("Price floor", unit_price(value), basis or "basis not stated")


def rival(facts: RunFacts) -> Key:
    """Return the cheapest rival's price for the prompt it would need; its accuracy is unknown."""
    api = cheapest(facts.price)
    if api is None:
        return Key("Cheapest rival API", "not known", "no price is known at that date")
    note = clean(api.note)
    if api.accuracy is None and "accuracy not measured" not in note:
        note = f"{note}; accuracy not measured" if note else "accuracy not measured"
    return Key(
        "Cheapest rival API",
        unit_price(api.usd_per_1k),
        f"{one_line(api.model)} ({one_line(api.provider)}), {number(api.input_tokens)} + "
        f"{number(api.output_tokens)} tokens, priced {one_line(api.priced_at)}, {note}",
    )


def measured_sentence(facts: RunFacts, rival: RivalFacts) -> str:
    """Return in a sentence what asking a rival showed: who is right more often, at which price."""
    name, test = one_line(rival.model), rival.versus
    ours, theirs = percent(rival.own_accuracy.value), percent(rival.accuracy.value)
    where = f"on the same {plural(rival.rows, f'{one_line(rival.split)} row')} (p {p_value(test)})"
    of = "" if rival.quality_name == "accuracy" else f"{rival.quality_name} "
    if test.better:
        text = f"This model is right more often than {name}: {of}{ours} against {theirs} {where}"
    elif test.difference < 0 and test.p_value < SIGNIFICANCE:
        text = f"{name} is right more often than this model: {of}{theirs} against {ours} {where}"
    else:
        text = f"Nothing shows that {name} or this model is right more often: {of}{theirs} against "
        text += f"{ours} {where}"
    if not rival.usd_per_1k:
        return f"{text}."
    price = facts.price
    own = Own(
        machine_usd_per_month=price.machine_usd_per_month,
        capacity_per_month=price.capacity_per_month,
    )
    even = break_even(own, rival.usd_per_1k, price.usable_share).requests_per_month
    text = f"{text}. {name} cost {unit_price(rival.usd_per_1k)}"
    if even is None:
        return f"{text}, less than this model at every volume."
    return f"{text}; this model costs less from {count(even)} requests a month on."


def p_value(test: PairedTest) -> str:
    """Return the p-value of a paired test, ``0.0312`` or ``below 0.0001``."""
    return "below 0.0001" if test.p_value < 0.0001 else f"{test.p_value:.4f}"


def verdicts(facts: RunFacts) -> str:
    """Return the whole verdict: against prices, the margin, and against the rival asked last."""
    asked = [measured_sentence(facts, r) for r in facts.rivals_measured[-1:]]
    return " ".join(s for s in (verdict(facts), margin(facts), *asked) if s)
