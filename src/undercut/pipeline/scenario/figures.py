"""One number of a scenario read from its source: typed, a run, a load test, the rates, sales."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from undercut.core.errors import Problem, UndercutError
from undercut.economics.scenario.number import Number
from undercut.economics.unit_cost import SECONDS_PER_MONTH
from undercut.ledger.price import price
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.gather import entered
from undercut.pipeline.scenario.inputs import Input
from undercut.pipeline.scenario.sales import alpha_input
from undercut.pipeline.scenario.sources import Sources
from undercut.pipeline.spending import usd_of
from undercut.pipeline.workspace import Workspace

SECONDS_PER_HOUR = 3600


def look(key: str, n: Number, s: Sources) -> Input:
    """Return a number as typed, or read from where its source says.

    Raises:
        UndercutError: the source has no such figure.
    """
    if n.value is not None:
        words = n.source if not n.assumed else f"assumed: {n.name}" if n.name else "assumed"
        words = f"price of {n.name}" if n.kind == "price" else words
        return Input(key=key, value=n.value, low=n.low, high=n.high, source=words,
                     assumed=n.assumed)  # fmt: skip
    if n.kind == "run":
        found = _of_run(key.partition(".")[2], n.name, s)
    elif n.kind == "loadtest" and key == "own.knee_per_second":
        found = _of_test(n.name, s)
    elif n.kind == "loadtest" and key == "own.capacity_1k_per_month":
        found = _sellable(n.name, s)
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


def _sellable(name: str, s: Sources) -> Found:
    """Return what the machine of a load test sells a month, busiest hour within the promise."""
    peak = s.scenario.company.peak_factor.value
    if peak is None:
        raise UndercutError("scenario-invalid", Problem("a peak_factor that is typed", "a source"))
    knee, _, _, words = _of_test(name, s)
    return knee * SECONDS_PER_MONTH / peak / 1000, None, None, f"{words}; one machine at the peak"


def own_knee(s: Sources) -> Input | None:
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


def of_sales(s: Sources) -> Input:
    """Return alpha fitted to the file of sales.

    Raises:
        UndercutError: no such file, or rows that say nothing about price.
    """
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
