"""From measurements, ledger quantities and dated prices to the price side of the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from undercut.core.errors import UndercutError, fail
from undercut.core.specs import CoreRatesSpec, MarketSpec, RatesSpec
from undercut.core.types import Measurement
from undercut.economics.breakeven import MAX_UTILISATION, break_even, cheapest, verdict
from undercut.economics.floors import floors
from undercut.economics.market import rivals
from undercut.economics.queueing import rho_max
from undercut.economics.records import Own
from undercut.economics.scenario.whole import EARLIEST
from undercut.economics.unit_cost import (
    SECONDS_PER_MONTH,
    capacity_per_month,
    machine_usd_per_month,
    machines_needed,
    usd_per_1k,
    waterfall,
)
from undercut.ledger.price import Rates, price
from undercut.pipeline.facts import PriceFacts, RivalPrice

UTILISATION = 0.3
SECONDS_PER_HOUR = 3600


def rates_of(spec: CoreRatesSpec) -> Rates:
    """Return the rates in force: built-in, the user's files, then prices in the spec itself."""
    rates = Rates(spec.rates)
    if spec.usd_per_core_hour is not None:
        usd = Decimal(str(spec.usd_per_core_hour)) / SECONDS_PER_HOUR
        rates = rates.with_rate("cpu_second", usd, "given: usd_per_core_hour")
    if isinstance(spec, RatesSpec) and spec.usd_per_label is not None:
        rates = rates.with_rate("label", Decimal(str(spec.usd_per_label)), "given: usd_per_label")
    return rates


def price_date(text: str | None) -> date:
    """Parse the date of prices; today when not given.

    Raises:
        UndercutError: not a date.
    """
    if text is None:
        return datetime.now(UTC).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise fail(
            "price-date",
            expected="a date such as 2026-01-31",
            found=f"'{text}'",
            where="price_date",
        ) from None
    if day < EARLIEST:
        raise fail(
            "price-date",
            expected=f"a date from {EARLIEST} on: before it no API had a price",
            found=text,
            where="price_date",
        )
    return day


def usable_share(texts_per_second: float, p95_ms: float, slo_ms: float) -> tuple[float, str]:
    """Return the share of a machine that can be sold at the promised latency, and a warning.

    The lesser of 70 % and what M/M/1 allows (:func:`rho_max`); where even an idle machine misses
    the promise the warning says so and 70 % stands.
    """
    warning = f"even idle it answers in {p95_ms:.0f} ms at the 95th percentile, over {slo_ms:g} ms"
    if p95_ms > slo_ms:
        return MAX_UTILISATION, warning
    try:
        return min(MAX_UTILISATION, rho_max(texts_per_second, slo_ms / 1000)), ""
    except UndercutError:
        return MAX_UTILISATION, warning


def price_facts(
    spec: MarketSpec,
    measured: Measurement,
    prompt: str,
    tokens: tuple[int, int],
    training_usd: float,
    labelled_rows: int,
    extra: Sequence[tuple[str, Decimal]],
) -> PriceFacts:
    """Price a measured variant.

    Args:
        spec: volume, prices and rivals.
        measured: the promoted variant's measurement.
        prompt: the prompt a rival would need, with one example text.
        tokens: mean input and output tokens of such a request.
        training_usd: one-off compute, USD.
        labelled_rows: rows that were labelled.
        extra: ``(unit, quantity)`` entered by hand: hours, labels.

    Raises:
        UndercutError: a price that is needed is missing or wrong.
    """
    when = price_date(spec.price_date)
    rates = rates_of(spec)
    core = price("cpu_second", Decimal(SECONDS_PER_HOUR), when, rates)
    rate = rates.at("cpu_second", when)
    if core is None or rate is None:
        raise fail(
            "rate-missing",
            expected=f"a rate for 'cpu_second' in force on {when}",
            found="none",
            fix="Give --usd-per-core-hour, or a --rates file.",
        )
    hour = float(core)
    tps, cores = measured.texts_per_second, measured.threads
    full = usd_per_1k(tps, cores, hour, 1.0)
    machine = machine_usd_per_month(cores, hour)
    capacity = capacity_per_month(tps)
    own = Own(machine_usd_per_month=machine, capacity_per_month=capacity)

    market = rivals(*tokens, when, books=spec.rivals)
    cheap = cheapest(market.rivals)
    usable, too_slow = usable_share(tps, measured.p95_ms, spec.slo_ms)
    cross = break_even(own, cheap.usd_per_1k, usable) if cheap else None

    by_unit = {"label": Decimal(0), "person_hour": Decimal(0)}
    for unit, quantity in extra:
        by_unit[unit] = by_unit.get(unit, Decimal(0)) + quantity
    if spec.usd_per_label is not None and not by_unit["label"]:
        by_unit["label"] = Decimal(labelled_rows)
    sums = {unit: price(unit, quantity, when, rates) for unit, quantity in by_unit.items()}
    left_out = [] if sums["label"] else ["labels (give --usd-per-label)"]
    if spec.fixed_usd_per_month is None:
        left_out.append("fixed costs (give --fixed-usd-per-month)")

    volume = spec.requests_per_month
    fixed = spec.fixed_usd_per_month or 0.0
    labels_usd, people_usd = float(sums["label"] or 0), float(sums["person_hour"] or 0)
    steps: dict[str, float] = {}
    if volume is not None:
        machines = machines_needed(volume / SECONDS_PER_MONTH, 1.0, usable, tps)
        flow = waterfall(
            volume,
            machines * capacity,
            machines * machine,
            spec.horizon_months,
            training_usd,
            labels_usd,
            people_usd,
            fixed,
        )
        steps = flow.usd_per_month
        fixed += steps["idle"]
    found = floors(
        variable_usd_per_1k=full,
        fixed_usd_per_month=fixed if volume is not None else None,
        capital_usd=training_usd + labels_usd + people_usd,
        life_months=spec.horizon_months,
        requests_per_month=volume,
    )
    basis = found.price_floor_basis
    if volume is None:
        basis = "the machine fully used and nothing else; give --requests-per-month for full cost"
    elif left_out:
        basis += f"; without {' and '.join(left_out)}"
    if too_slow:
        basis += f"; {too_slow}"
    sentence = verdict(own, market.rivals, volume, usable)
    dated = {
        unit: f"{r.usd:.3g} USD, from {r.since}, {r.source}"
        for unit in ("cpu_second", "label", "person_hour")
        if (r := rates.at(unit, when)) is not None
    }
    return PriceFacts(
        requests_per_month=volume,
        usd_per_1k=full,
        usd_per_1k_at_30=usd_per_1k(tps, cores, hour, UTILISATION),
        machine_usd_per_month=machine,
        capacity_per_month=capacity,
        usable_share=usable,
        price_floor_usd_per_1k=found.price_floor_usd_per_1k,
        price_floor_basis=basis,
        floors=found.table(),
        break_even_requests_per_month=cross.requests_per_month if cross else None,
        rivals=[RivalPrice(**r.model_dump()) for r in market.rivals],
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        prompt=prompt,
        rates=dated,
        verdict=sentence,
        waterfall=steps,
    )
