"""Read every number of a scenario from where its source says: runs, load tests, rates, lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from undercut.core.errors import Problem, UndercutError
from undercut.economics.market import quote, rivals
from undercut.economics.records import Rival
from undercut.economics.scenario.number import Number
from undercut.economics.scenario.rivals import RivalRow
from undercut.economics.scenario.whole import Scenario
from undercut.ledger.price import Rates, price
from undercut.pipeline.facts import RunFacts, VariantFacts
from undercut.pipeline.gather import entered
from undercut.pipeline.run import read_facts
from undercut.pipeline.saturation import LoadTest, read
from undercut.pipeline.scenario.inputs import Input, Inputs, RivalInput
from undercut.pipeline.scenario.sales import KEY as SALES_KEY
from undercut.pipeline.scenario.sales import alpha_input
from undercut.pipeline.spending import usd_of
from undercut.pipeline.workspace import Workspace

NEWEST = "newest"
TABLES = (
    "own", "buyers", "company", "future", "war", "entrant", "invest", "labels", "usage"
)  # fmt: skip
SECONDS_PER_HOUR = 3600


@dataclass
class Sources:
    """Where numbers are read from; each place is opened when the first number asks for it.

    Attributes:
        read: sources already read, by name, so that nothing is read twice.
    """

    scenario: Scenario
    workspace: Path
    rates: Rates
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """Return the date of prices and rates."""
        return self.scenario.date

    def run(self, name: str) -> tuple[RunFacts, VariantFacts]:
        """Return a run's facts and the variant that is meant: ``NAME`` or ``NAME/VARIANT``."""
        if name == NEWEST:
            name = self.scenario.own.run or NEWEST
        run, _, variant = name.partition("/")
        if f"run:{run}" not in self.read:
            wanted = None if run == NEWEST else run
            self.read[f"run:{run}"] = read_facts(self.workspace, wanted)
        facts: RunFacts = self.read[f"run:{run}"]
        for v in facts.variants:
            if (v.name == variant) if variant else v.promoted:
                return facts, v
        known = ", ".join(v.name for v in facts.variants)
        raise UndercutError(
            "scenario-invalid", Problem(f"a variant of run {run}: {known}", f"'{variant}'")
        )

    def loadtest(self, name: str) -> LoadTest:
        """Return a load test of the workspace."""
        if f"loadtest:{name}" not in self.read:
            self.read[f"loadtest:{name}"] = read(self.workspace, name)
        return self.read[f"loadtest:{name}"]  # type: ignore[no-any-return]

    @cached_property
    def books(self) -> list[Path]:
        """Return the price books of the scenario, as paths."""
        return [Path(self.scenario.folder) / b for b in self.scenario.books]


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
        keep(key, partial(_look, key, number, sources))
    if scenario.own.knee_per_second is None:
        keep("own.knee_per_second", lambda: _own_knee(sources))
    if scenario.buyers.sales:
        keep(SALES_KEY, lambda: _of_sales(sources))
    priced, left_out = _rivals(sources, problems, keep)
    if not priced and not problems:
        problems.append(Problem("a rival with a price at that date", "; ".join(left_out), "rival"))
    if problems:
        raise UndercutError("scenario-unresolved", problems)
    return Inputs(
        name=scenario.name,
        date=scenario.date.isoformat(),
        items=items,
        rivals=[_with(items, row) for row in priced],
        left_out=left_out,
        segments=[segment.name for segment in scenario.buyers.segment],
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


def _look(key: str, n: Number, s: Sources) -> Input:
    if n.value is not None:
        words = n.source if not n.assumed else f"assumed: {n.name}" if n.name else "assumed"
        words = f"price of {n.name}" if n.kind == "price" else words
        return Input(key=key, value=n.value, low=n.low, high=n.high, source=words,
                     assumed=n.assumed)  # fmt: skip
    if n.kind == "run":
        found = _of_run(key.partition(".")[2], n.name, s)
    elif n.kind == "loadtest" and key == "own.knee_per_second":
        found = _of_test(n.name, s)
    elif n.kind == "rates" and key == "own.usd_per_core_hour":
        found = _of_rates(s)
    else:
        raise UndercutError(
            "scenario-invalid", Problem("a source that has this figure", f"'{n.source}'")
        )
    value, low, high, words = found
    return Input(
        key=key, value=value, low=n.low if n.low is not None else low,
        high=n.high if n.high is not None else high, source=words, assumed=False,
    )  # fmt: skip


Found = tuple[float, float | None, float | None, str]


def _of_run(name: str, run: str, s: Sources) -> Found:
    facts, variant = s.run(run)
    words = f"run {facts.name or facts.id}, {variant.name}"
    m = variant.measured
    if name == "accuracy":
        promoted = facts.test if variant.promoted and facts.test else None
        metric = promoted.quality if promoted else variant.valid_quality
        split = "test" if promoted else "validation"
        return metric.value, metric.low, metric.high, f"{words}: {metric.n:,} {split} rows"
    if name in ("p95_ms", "texts_per_second", "cores"):
        if m is None:
            raise UndercutError("price-unmeasured", Problem("a measured variant", variant.name))
        value = {"p95_ms": m.p95_ms, "texts_per_second": m.texts_per_second,
                 "cores": float(m.threads)}[name]  # fmt: skip
        return value, None, None, f"{words}: measured on {m.processor}"
    if name == "training_usd":
        usd = usd_of(facts.cpu_seconds, s.rates, s.day)
        return usd, None, None, f"{words}: {facts.cpu_seconds:,.0f} CPU-seconds in the ledger"
    if name in ("labels_usd", "people_usd"):
        return _by_hand(name, facts, s)
    raise UndercutError(
        "scenario-invalid", Problem("a source that has this figure", f"a run has no {name}")
    )


def _by_hand(name: str, facts: RunFacts, s: Sources) -> Found:
    """Return what was entered in the ledger; labels also from their price in the scenario."""
    unit = "label" if name == "labels_usd" else "person_hour"
    many = sum((q for u, q in entered(Workspace(s.workspace)) if u == unit), Decimal(0))
    words = f"ledger: {many.normalize():f} {unit.replace('_', ' ')}s entered"
    one = s.scenario.labels.usd_per_label
    if unit == "label" and one is not None and one.value is not None:
        rows = many or Decimal(facts.data.rows_labelled)
        return float(rows) * one.value, None, None, f"{rows:,} labelled rows at the price stated"
    if not many:
        if unit == "person_hour":
            return 0.0, None, None, "ledger: no hours entered"
        raise UndercutError(
            "rate-missing",
            Problem("what labels cost", f"{facts.data.rows_labelled:,} rows without a price",
                    fix="Set labels.usd_per_label, or own.labels_usd = 0 if they cost nothing."),
        )  # fmt: skip
    usd = price(unit, many, s.day, s.rates)
    if usd is None:
        raise UndercutError(
            "rate-missing", Problem(f"a rate for '{unit}' on {s.day}", "none",
                                    fix="Add a dated rate and pass it with --rates."),
        )  # fmt: skip
    return float(usd), None, None, words


def _of_test(name: str, s: Sources) -> Found:
    test = s.loadtest(name)
    if test.knee_per_second is None:
        raise UndercutError(
            "slo-unreachable",
            Problem(f"a rate at which p95 is within {test.slo_ms:g} ms", "none in the load test"),
        )
    words = f"load test {test.name}, {test.at[:10]}: p95 within {test.slo_ms:g} ms"
    return test.knee_per_second, None, test.breaks_per_second, words


def _own_knee(s: Sources) -> Input | None:
    """Return the knee of a load test that bears the run's name; ``None``: there is none."""
    name = s.scenario.own.run or ""
    if not name or not (s.workspace / "loadtests" / f"{name}.json").is_file():
        return None
    test = s.loadtest(name)
    slo = s.scenario.company.slo_ms.value
    if test.slo_ms != slo:
        return None  # another promise has another knee
    value, low, high, words = _of_test(name, s)
    return Input(key="own.knee_per_second", value=value, low=low, high=high, source=words,
                 assumed=False)  # fmt: skip


def _of_sales(s: Sources) -> Input:
    market = s.scenario.buyers.market_1k_per_month.value
    if market is None:
        raise UndercutError(
            "scenario-invalid", Problem("a market_1k_per_month that is typed", "a source")
        )
    return alpha_input(Path(s.scenario.folder) / s.scenario.buyers.sales, market)


def _of_rates(s: Sources) -> Found:
    rate = s.rates.at("cpu_second", s.day)
    if rate is None:
        raise UndercutError(
            "rate-missing", Problem(f"a rate for 'cpu_second' on {s.day}", "none",
                                    fix="Add a dated rate and pass it with --rates."),
        )  # fmt: skip
    words = f"rate from {rate.since}: {rate.source}"
    return float(rate.usd * SECONDS_PER_HOUR), None, None, words


def _rivals(
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
            keep(place, partial(_look, place, row.usd_per_1k, s))
        keep(f"{key}.accuracy", partial(_accuracy, key, row, s))
        for name in ("p95_ms", "cost_usd_per_1k", "fixed_usd_per_month", "cash_usd"):
            if (number := getattr(row, name)) is not None:
                keep(f"{key}.{name}", partial(_look, f"{key}.{name}", number, s))
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
        return _look(place, row.accuracy, s)
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


def _with(items: dict[str, Input], row: RivalRow) -> RivalInput:
    def value(name: str) -> float | None:
        found = items.get(f"rival.{row.called}.{name}")
        return None if found is None else found.value

    price, accuracy, p95 = value("usd_per_1k"), value("accuracy"), value("p95_ms")
    assert price is not None and accuracy is not None and p95 is not None
    return RivalInput(
        name=row.called, usd_per_1k=price, accuracy=accuracy, p95_ms=p95, reprices=row.reprices,
        policy=row.policy, cost_usd_per_1k=value("cost_usd_per_1k"),
        fixed_usd_per_month=value("fixed_usd_per_month") or 0.0, cash_usd=value("cash_usd"),
    )  # fmt: skip
