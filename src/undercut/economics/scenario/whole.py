"""One scenario, whole: its tables and the rules across them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from undercut.economics.scenario.buyers import Buyers
from undercut.economics.scenario.customers import Invest, Labels, PlanRow, Usage
from undercut.economics.scenario.future import Future, War
from undercut.economics.scenario.number import Number, wrong
from undercut.economics.scenario.rivals import Currency, Entrant, RivalRow
from undercut.economics.scenario.seller import Company, Own
from undercut.economics.scenario.table import Mistakes, Table, rule

EARLIEST = date(2020, 1, 1)
"""Before this day no API of a language model had a price."""


def _dated(given: Any) -> Any:
    if isinstance(given, datetime):
        return given.date()
    if not isinstance(given, str | date):
        raise wrong("a date such as 2026-11-21", repr(given))
    return given


def _sold(day: date) -> date:
    if day < EARLIEST:
        raise wrong(f"a date from {EARLIEST} on: before it no API had a price", day.isoformat())
    return day


def _plain(name: str) -> str:
    if not name.strip() or "/" in name or "\\" in name or name.startswith("."):
        raise wrong("a name that can be a folder's", name)
    return name


def _some(rows: Any) -> Any:
    if rows == []:
        raise wrong("at least one [[rival]]; nobody to compare with is no market", "none")
    return rows


class Scenario(Table):
    """One scenario, whole."""

    name: Annotated[str, AfterValidator(_plain)] = "scenario"
    date: Annotated[date, BeforeValidator(_dated), AfterValidator(_sold)]
    currency: Currency = "USD"
    books: list[str] = Field(default_factory=list, description="your own dated price books")
    own: Own = Field(default_factory=Own)
    buyers: Buyers
    rival: Annotated[list[RivalRow], BeforeValidator(_some)] = Field(min_length=1)
    company: Company
    future: Future = Field(default_factory=Future)
    war: War = Field(default_factory=War)
    entrant: Entrant | None = None
    invest: Invest = Field(default_factory=Invest)
    labels: Labels = Field(default_factory=Labels)
    plan: list[PlanRow] = Field(default_factory=list)
    usage: Usage | None = None
    folder: str = Field("", exclude=True)

    @rule("rival")
    def _distinct(self) -> Mistakes:
        names = [r.called for r in self.rival]
        if len(set(names)) < len(names):
            return wrong("rivals of different names", ", ".join(names))
        return None

    @rule("plan")
    def _plans(self) -> Mistakes:
        names = [p.name for p in self.plan]
        if len(set(names)) < len(names):
            return wrong("plans of different names", ", ".join(names))
        return None

    @rule("buyers", "own", "rival")
    def _nests(self) -> Iterator[PydanticCustomError]:
        known = [n.name for n in self.buyers.nest]
        named = [("own", self.own.nest), *((f"rival {r.called}", r.nest) for r in self.rival)]
        for place, nest in named:
            if nest and nest not in known:
                yield wrong(
                    f"{place}, nest: one of the [[buyers.nest]] tables: "
                    f"{', '.join(known) or 'there are none'}", f"'{nest}'",
                )  # fmt: skip
        for nest in known:
            if nest not in [n for _, n in named]:
                yield wrong(f"a product in the nest '{nest}': own.nest or rival.nest", "none")

    @rule("buyers", "rival")
    def _limits(self) -> Mistakes:
        of_rivals = any(r.capacity_1k_per_month is not None for r in self.rival)
        if of_rivals and (self.buyers.segment or self.buyers.demand != "logit"):
            what = "segments" if self.buyers.segment else f"{self.buyers.demand} demand"
            return wrong("capacity of rivals with logit demand of one price sensitivity", what)
        return None

    @rule("own", "company")
    def _enough(self) -> Mistakes:
        most, needed = self.own.capacity_1k_per_month, self.company.requests_per_month.value
        if most is None or most.value is None or needed is None or needed <= 1000 * most.value:
            return None
        return wrong(
            f"company.requests_per_month within own.capacity_1k_per_month, {1000 * most.value:g}",
            f"{needed:g}",
        )

    @rule("date")
    def _known_by_then(self) -> Iterator[PydanticCustomError]:
        for place, number in _numbers(self, ""):
            if number.day is not None and number.day > self.date:
                yield wrong(
                    f"{place}: a price known at the scenario's date, {self.date}",
                    number.day.isoformat(),
                )


def _numbers(model: Any, place: str) -> Iterator[tuple[str, Number]]:
    """Yield every number of a table and of those in it, with its place."""
    values: Iterable[tuple[str, Any]] = vars(model).items()
    for key, value in values:
        at = f"{place}.{key}" if place else key
        if isinstance(value, Number):
            yield at, value
        elif isinstance(value, BaseModel):
            yield from _numbers(value, at)
        elif isinstance(value, list):
            for k, row in enumerate(value, 1):
                if isinstance(row, BaseModel):
                    yield from _numbers(row, f"{at} {k}")
