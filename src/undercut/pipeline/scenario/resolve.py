"""Read every number of a scenario from where its source says; all that is missing at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from undercut.core.errors import Problem, UndercutError
from undercut.economics.price_book import read_book
from undercut.economics.scenario.number import Number
from undercut.economics.scenario.whole import Scenario
from undercut.ledger.price import Rates
from undercut.pipeline.scenario.figures import look, of_sales, own_knee
from undercut.pipeline.scenario.inputs import Input, Inputs
from undercut.pipeline.scenario.rival_figures import rival_figures, with_figures
from undercut.pipeline.scenario.sales import KEY as SALES_KEY
from undercut.pipeline.scenario.sources import Sources

TABLES = (
    "own", "buyers", "company", "future", "war", "entrant", "invest", "labels", "usage"
)  # fmt: skip


def resolve(scenario: Scenario, workspace: Path, rates: Rates) -> Inputs:
    """Return every number of a scenario, read from its source.

    Raises:
        UndercutError: a run, load test, rate or price is missing; all are listed.
    """
    sources = Sources(scenario, workspace, rates)
    problems: list[Problem] = []
    items: dict[str, Input] = {}

    def keep(key: str, look: Callable[[], Input | None]) -> None:
        try:
            if (found := look()) is not None:
                items[key] = found
        except UndercutError as e:
            problems.extend(
                Problem(p.expected, p.found, f"{key}, {p.where}" if p.where else key, p.fix)
                for p in e.problems
            )

    for key, number in numbers(scenario):
        keep(key, partial(look, key, number, sources))
    if scenario.own.knee_per_second is None:
        keep("own.knee_per_second", lambda: own_knee(sources))
    if scenario.buyers.sales:
        keep(SALES_KEY, lambda: of_sales(sources))
    for book in sources.books:
        try:
            read_book(book)
        except UndercutError as e:
            problems.extend(Problem(p.expected, p.found, f"books, {p.where}", p.fix)
                            for p in e.problems)  # fmt: skip
    if problems:
        raise UndercutError("scenario-unresolved", problems)
    priced, left_out = rival_figures(sources, problems, keep)
    if not priced and not problems:
        problems.append(Problem("a rival with a price at that date", "; ".join(left_out), "rival"))
    if problems:
        raise UndercutError("scenario-unresolved", problems)
    return Inputs(
        name=scenario.name,
        date=scenario.date.isoformat(),
        items=items,
        rivals=[with_figures(items, row) for row in priced],
        left_out=left_out,
        segments=[segment.name for segment in scenario.buyers.segment],
        nests=[nest.name for nest in scenario.buyers.nest],
        nest=scenario.own.nest,
    )


def numbers(scenario: Scenario) -> Iterable[tuple[str, Number]]:
    """Yield the numbers of the tables that stand once, with their keys."""
    for table in TABLES:
        model = getattr(scenario, table)
        for name in type(model).model_fields if model is not None else ():
            value = getattr(model, name)
            if isinstance(value, Number):
                yield f"{table}.{name}", value
    for segment in scenario.buyers.segment:
        yield f"segment.{segment.name}.weight", segment.weight
        yield f"segment.{segment.name}.alpha_per_usd_per_1k", segment.alpha_per_usd_per_1k
    for nest in scenario.buyers.nest:
        yield f"nest.{nest.name}.rho", nest.rho
