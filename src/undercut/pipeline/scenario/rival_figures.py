"""The figures of a scenario's rivals: prices of the list or the books, accuracies asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version

from undercut.core.errors import Problem, UndercutError
from undercut.economics.market import quote, rivals
from undercut.economics.records import Rival
from undercut.economics.scenario.rivals import RivalRow
from undercut.pipeline.scenario.figures import look
from undercut.pipeline.scenario.inputs import Input, RivalInput
from undercut.pipeline.scenario.sources import NEWEST, Sources

NUMBERS = (
    "p95_ms", "cost_usd_per_1k", "fixed_usd_per_month", "cash_usd", "capacity_1k_per_month"
)  # fmt: skip


def rival_figures(
    s: Sources, problems: list[Problem], keep: Callable[[str, Callable[[], Input | None]], None]
) -> tuple[list[RivalRow], list[str]]:
    """Look up each rival's figures; return the rows that have a price, and why others do not."""
    rows, left_out = [], []
    for row in s.scenario.rival:
        key = f"rival.{row.called}"
        place = f"{key}.usd_per_1k"
        if row.usd_per_1k.kind == "list":
            try:
                answer = _listed(row, s)
            except UndercutError as e:
                problems.extend(Problem(p.expected, p.found, place, p.fix) for p in e.problems)
                continue
            if isinstance(answer, str):
                left_out.append(f"{row.called}: {answer}")
                continue
            keep(place, partial(_price_input, key, answer))
        else:
            keep(place, partial(look, place, row.usd_per_1k, s))
        keep(f"{key}.accuracy", partial(_accuracy, key, row, s))
        for name in NUMBERS:
            if (number := getattr(row, name)) is not None:
                keep(f"{key}.{name}", partial(look, f"{key}.{name}", number, s))
        rows.append(row)
    return rows, left_out


def _listed(row: RivalRow, s: Sources) -> Rival | str:
    """Return a price of the books or the list, for the prompt the run's rival would need."""
    facts, _ = s.run(NEWEST)
    size = facts.price.input_tokens, facts.price.output_tokens
    if s.books:
        market = rivals(*size, s.day, candidates=[], books=s.books)
        for found in market.rivals:
            if (found.provider, found.model) == (row.provider, row.model):
                return found
    answer = quote(row.provider, row.model, *size, s.day)
    return answer if isinstance(answer, Rival) else answer.reason


def _price_input(key: str, r: Rival) -> Input:
    words = (
        f"price of {r.priced_at}, genai-prices {version('genai-prices')}, {r.input_tokens} + "
        f"{r.output_tokens} tokens"
    )
    if "price since" in r.note:
        words = f"{r.note.split('; ')[-1]}, {r.input_tokens} + {r.output_tokens} tokens"
    return Input(key=f"{key}.usd_per_1k", value=r.usd_per_1k, source=words, assumed=False)


def _accuracy(key: str, row: RivalRow, s: Sources) -> Input:
    place = f"{key}.accuracy"
    if row.accuracy.kind != "rival":
        return look(place, row.accuracy, s)
    facts, _ = s.run(NEWEST)
    for r in reversed(facts.rivals_measured):
        if (r.provider, r.model) == (row.provider, row.model):
            words = f"undercut rival: {r.rows:,} {r.split} rows asked {r.asked_at}, {r.prompt}"
            return Input(key=place, value=r.accuracy.value, low=r.accuracy.low,
                         high=r.accuracy.high, source=words, assumed=False)  # fmt: skip
    raise UndercutError(
        "scenario-unresolved",
        Problem(
            "its accuracy", "not measured",
            fix="Measure it with undercut rival, or assume it with a range: "
            "accuracy = { value = 0.9, low = 0.8, high = 0.97 }",
        ),
    )  # fmt: skip


def with_figures(items: dict[str, Input], row: RivalRow) -> RivalInput:
    """Return a rival with the figures that were looked up."""

    def value(name: str) -> float | None:
        found = items.get(f"rival.{row.called}.{name}")
        return None if found is None else found.value

    price, accuracy, p95 = value("usd_per_1k"), value("accuracy"), value("p95_ms")
    assert price is not None and accuracy is not None and p95 is not None
    return RivalInput(
        name=row.called, usd_per_1k=price, accuracy=accuracy, p95_ms=p95, reprices=row.reprices,
        policy=row.policy, cost_usd_per_1k=value("cost_usd_per_1k"),
        fixed_usd_per_month=value("fixed_usd_per_month") or 0.0, cash_usd=value("cash_usd"),
        capacity_1k_per_month=value("capacity_1k_per_month"), nest=row.nest,
    )  # fmt: skip
