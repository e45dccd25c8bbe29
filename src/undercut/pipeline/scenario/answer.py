"""The verbs over a scenario: each reads it, its sources, and answers; one document for all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.contracts import Progress
from undercut.core.errors import Problem, UndercutError, fail
from undercut.core.specs_economics import InvestSpec, PlanSpec, ScenarioSpec, WarSpec
from undercut.economics.scenario.read import read_scenario
from undercut.economics.scenario.whole import Scenario
from undercut.ledger.price import Rates
from undercut.pipeline.curves import read_curves
from undercut.pipeline.facts import CurveFacts
from undercut.pipeline.learning_curve import read_curve
from undercut.pipeline.run import Listener, Silent
from undercut.pipeline.saturation import LoadTest
from undercut.pipeline.scenario import words
from undercut.pipeline.scenario.cost import unit_cost
from undercut.pipeline.scenario.crowded import crowd_notes
from undercut.pipeline.scenario.entry import entry
from undercut.pipeline.scenario.facts import EconomicsFacts
from undercut.pipeline.scenario.inputs import Inputs
from undercut.pipeline.scenario.pricing import box, buying, pricing
from undercut.pipeline.scenario.resolve import resolve
from undercut.pipeline.scenario.sources import NEWEST, Sources
from undercut.pipeline.scenario.war import fight, war_of
from undercut.pipeline.scenario.worth import invested, plans, read_usage, tornado


@dataclass(frozen=True)
class Read:
    """A scenario with everything its sources say."""

    scenario: Scenario
    inputs: Inputs
    test: LoadTest | None
    curve: CurveFacts | None
    notes: list[str]


def read_all(spec: ScenarioSpec) -> Read:
    """Read a scenario and its sources.

    Raises:
        UndercutError: mistakes in the file, or a source that is missing; all are listed.
    """
    scenario = read_scenario(spec.scenario)
    rates = Rates(spec.rates)
    inputs = resolve(scenario, spec.workspace, rates)
    sources = Sources(scenario, spec.workspace, rates)
    notes = [f"Left out, {line}." for line in inputs.left_out]
    if scenario.date > datetime.now(UTC).date():
        notes.append(f"{scenario.date} is still to come: prices and rates are the last ones known.")
    return Read(scenario, inputs, _test(inputs, sources), curve_of(sources, inputs), notes)


def _test(i: Inputs, s: Sources) -> LoadTest | None:
    """Return the load test behind the knee, for its curve."""
    knee = i.items.get("own.knee_per_second")
    number = s.scenario.own.knee_per_second
    if knee is None or (number is not None and number.kind != "loadtest"):
        return None
    return s.loadtest(number.name if number is not None else s.scenario.own.run or "")


def curve_of(s: Sources, i: Inputs) -> CurveFacts | None:
    """Return the learning curve: the one named, else the run's; priced as the scenario says."""
    wanted = s.scenario.labels.curve
    found: CurveFacts | None = None
    if wanted:
        found = read_curves(s.workspace, wanted).curves[0]
    elif any(key.startswith("own.") and not i.items[key].assumed for key in i.items):
        try:
            found = s.run(NEWEST)[0].curve
        except UndercutError:
            return None  # the figures come from elsewhere, and no run is named
    if found is None:
        return None
    from undercut.core.specs import MarketSpec

    market = MarketSpec(
        requests_per_month=i["company.requests_per_month"],
        horizon_months=i["company.horizon_months"],
        error_usd=i["buyers.error_usd"],
        usd_per_label=i.get("labels.usd_per_label"),
    )
    return read_curve(found.method, found.points, market)


def answer(
    read: Read,
    tick: Callable[[Progress], None] = lambda _: None,
    paths: int | None = None,
    months: int | None = None,
    seed: int | None = None,
    shares: bool = False,
) -> EconomicsFacts:
    """Answer a scenario; ``shares`` also shares the variance out among the assumptions.

    Raises:
        UndercutError: a figure is out of range, or the promise cannot be kept.
    """
    i, scenario = read.inputs, read.scenario
    u = unit_cost(i, read.test)
    b = buying(i, scenario.buyers.demand, u.variable_usd_per_1k)
    p = pricing(i, scenario, u, b)
    shelf = box(i, u)
    war = war_of(i, scenario, u, b, paths, months, seed)

    def played(done: int) -> None:
        tick(Progress("futures", done, war.paths))

    w, _ = fight(war, scenario.war.policy, played)
    newcomer = entry(i, u, b, p.scale)
    notes = list(read.notes)
    if newcomer is not None:
        notes.append(newcomer.verdict)
    if not b.deltas:
        notes.append(f"{b.kind} demand knows no rivals: they take no part in the war.")
    notes += crowd_notes(i, p)
    if p.reply is not None:
        notes.append(
            f"After the answer of {', '.join(p.reply.names[1:])} your best price is "
            f"{p.scale.price(p.reply.usd_per_1k[0])}."
        )
    facts = _finite(
        lambda: EconomicsFacts(
            verdict=words.verdict(i, u, p, shelf, w),
            kind=words.kind_of(p, shelf),
            inputs=i,
            unit_cost=u,
            pricing=p,
            box=shelf,
            war=w,
            entry=newcomer,
            invest=invested(i, p, u, w),
            curve=read.curve,
            tornado=tornado(i, scenario, read.test, shares),
            plans=plans(i, scenario, u, None) if scenario.plan and scenario.usage else None,
            notes=notes,
        )
    )
    check_finite(facts.model_dump())
    return facts


def _finite(make: Callable[[], EconomicsFacts]) -> EconomicsFacts:
    """Make the facts, or say which figure is no number."""
    from pydantic import ValidationError

    try:
        return make()
    except ValidationError as e:
        places = [".".join(map(str, error["loc"])) for error in e.errors()]
        raise UndercutError(
            "economics-overflow",
            [Problem("a finite figure", "none", place, OVERFLOW) for place in places[:5]],
        ) from None


OVERFLOW = "Figures of the scenario are far apart: check units (USD per 1,000 requests)."


def check_finite(value: Any, place: str = "result") -> None:
    """Refuse a document that holds a NaN or an infinity anywhere.

    Raises:
        UndercutError: it does.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise fail(
            "economics-overflow", expected="a finite figure", found=str(value), where=place,
            fix=OVERFLOW,
        )  # fmt: skip
    if isinstance(value, dict):
        for key, inner in value.items():
            check_finite(inner, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for k, inner in enumerate(value):
            check_finite(inner, f"{place}[{k}]")


def price_scenario(spec: ScenarioSpec, listener: Listener | None = None) -> EconomicsFacts:
    """Answer a scenario and write its page."""
    return written(spec, answer(read_all(spec), (listener or Silent()).tick), listener)


def war(spec: WarSpec, listener: Listener | None = None) -> EconomicsFacts:
    """Answer a scenario with as many futures, months and the seed asked for; write its page."""
    listener = listener or Silent()
    found = answer(read_all(spec), listener.tick, spec.paths, spec.months, spec.seed)
    return written(spec, found, listener)


def invest(spec: InvestSpec, listener: Listener | None = None) -> EconomicsFacts:
    """Answer a scenario; its investment side is what is shown."""
    found = answer(read_all(spec), (listener or Silent()).tick, shares=spec.sobol)
    return written(spec, found, listener)


def plan(
    spec: PlanSpec, listener: Listener | None = None, metered: Sequence[float] | None = None
) -> EconomicsFacts:
    """Answer a scenario with the price list on real usage, or on the usage it assumes.

    Args:
        spec: the scenario, and a file of usage if there is one.
        listener: who is told.
        metered: texts a month of each API key, from a server's meter.

    Raises:
        UndercutError: mistakes in the scenario or the usage file.
    """
    listener = listener or Silent()
    read = read_all(spec)
    u = unit_cost(read.inputs, read.test)
    used = None
    if metered is not None:
        used = f"{len(metered):,} API keys, last 730 hours of the meter", np.asarray(metered)
    elif spec.usage is not None:
        rows = read_usage(spec.usage)
        used = f"{len(rows):,} customers of {spec.usage}", rows
    found = plans(read.inputs, read.scenario, u, used)
    facts = answer(read, listener.tick).model_copy(update={"plans": found})
    check_finite(facts.model_dump())
    return written(spec, facts, listener)


def written(
    spec: ScenarioSpec, facts: EconomicsFacts, listener: Listener | None = None
) -> EconomicsFacts:
    """Write ``economics.html``, its charts and ``economics.json``; return facts with the path."""
    from undercut.pipeline.report.economics.page import write_page
    from undercut.store.files import write_json

    folder = spec.out or Path(spec.workspace) / "economics" / facts.inputs.name
    path = write_page(facts, folder, say=(listener or Silent()).say)
    facts = facts.model_copy(update={"page": str(path)})
    write_json(folder / "economics.json", facts.model_dump(mode="json"))
    return facts
