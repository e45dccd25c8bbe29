"""Unit cost of a scenario: the fleet within the promise, its curve, the month's waterfall."""

from __future__ import annotations

from undercut.core.errors import UndercutError, fail
from undercut.economics.breakeven import MAX_UTILISATION
from undercut.economics.money import percent
from undercut.economics.queueing import mm1_quantile, rho_max
from undercut.economics.unit_cost import (
    SECONDS_PER_MONTH,
    fleet,
    machine_usd_per_month,
    marginal,
    usd_per_1k,
    waterfall,
)
from undercut.pipeline.saturation import LoadTest
from undercut.pipeline.scenario.facts import CostPoint, UnitCost
from undercut.pipeline.scenario.inputs import Inputs

POINTS = 24


def knee(i: Inputs) -> tuple[float, str]:
    """Return the rate one machine carries within the promise, and what says so.

    A load test's knee where there is one; else the M/M/1 formula on the measured throughput, at
    most 70 % of it.

    Raises:
        UndercutError: even idle, the model is slower than the promise.
    """
    measured = i.items.get("own.knee_per_second")
    if measured is not None:
        return measured.value, measured.source
    slo, p95, mu = i["company.slo_ms"], i["own.p95_ms"], i["own.texts_per_second"]
    if p95 > slo:
        raise fail(
            "slo-unreachable", expected=f"a promise above the idle p95 of {p95:.3g} ms",
            found=f"{slo:g} ms", where="company.slo_ms",
            fix="Promise less, or serve a faster variant.",
        )  # fmt: skip
    share = min(MAX_UTILISATION, rho_max(mu, slo / 1000))
    return share * mu, f"queue formula (M/M/1), {percent(share)} of the measured throughput"


def unit_cost(i: Inputs, test: LoadTest | None) -> UnitCost:
    """Return the cost side of a scenario.

    Raises:
        UndercutError: the promise cannot be kept, or a figure is out of range.
    """
    rate, basis = knee(i)
    mean = i["company.requests_per_month"] / SECONDS_PER_MONTH
    hour = i["own.cores"] * i["own.usd_per_core_hour"]
    peak, other = i["company.peak_factor"], i["own.other_usd_per_1k"]
    # At the knee the promise just holds: the rate is sold whole, so rho_max is 1 of it.
    sized = fleet(mean, peak, 1.0, rate, hour)
    edge = marginal(mean, peak, 1.0, rate, hour, sized.machines, other)
    fee = i["own.payment_fee_share"]
    if fee >= 1:
        raise fail(
            "economics-input", expected="a payment fee below the whole price", found=f"{fee:g}",
            where="own.payment_fee_share",
        )  # fmt: skip
    long_run = edge.long_run_usd_per_1k
    fixed = i["company.fixed_usd_per_month"]
    volume = i["company.requests_per_month"]
    serving = (long_run - other) * volume / 1000
    capital = i["own.training_usd"] + i["own.labels_usd"] + i["own.people_usd"]
    flow = waterfall(
        volume,
        max(sized.machines * rate * SECONDS_PER_MONTH, volume),
        sized.usd_per_month,
        i["company.life_months"],
        i["own.training_usd"],
        i["own.labels_usd"],
        i["own.people_usd"],
        fixed,
    )
    steps = dict(flow.usd_per_month)
    steps["other"] = other * volume / 1000
    return UnitCost(
        used_usd_per_1k=usd_per_1k(
            i["own.texts_per_second"], i["own.cores"], i["own.usd_per_core_hour"]
        ),
        reserved_usd_per_1k=sized.usd_per_1k,
        long_run_usd_per_1k=long_run,
        short_run_usd_per_1k=edge.short_run_usd_per_1k,
        variable_usd_per_1k=long_run / (1.0 - fee),
        machines=sized.machines,
        machine_usd_per_month=machine_usd_per_month(i["own.cores"], i["own.usd_per_core_hour"]),
        fleet_usd_per_month=sized.usd_per_month,
        utilisation=mean / (sized.machines * rate),
        knee_per_second=rate,
        knee_basis=basis,
        slo_ms=i["company.slo_ms"],
        curve=_curve(i, rate, hour, test, mean / (sized.machines * rate)),
        waterfall_usd_per_month=steps,
        total_usd_per_month=flow.total_usd_per_month + steps["other"],
        fixed_usd_per_month=fixed + max(0.0, sized.usd_per_month - serving),
        capital_usd=capital,
    )


def _curve(
    i: Inputs, rate: float, hour: float, test: LoadTest | None, use: float
) -> list[CostPoint]:
    """Return cost and p95 against the use of a machine; measured points where there are any."""

    def cost(per_second: float) -> float:
        return 1000.0 * hour / (3600.0 * per_second)

    if test is not None:
        return [
            CostPoint(per_second=p.per_second, utilisation=p.per_second / rate,
                      usd_per_1k=cost(p.per_second), p95_ms=p.p95_ms, measured=True)
            for p in test.points
        ]  # fmt: skip
    mu = i["own.texts_per_second"]
    least = min(max(use, 1e-4), 0.05)
    found = []
    # From today's use on, close together where the machine is nearly idle.
    for k in range(POINTS + 1):
        per_second = rate * 1.25 * (least / 1.25) ** (1 - k / POINTS)
        try:
            # The formula counts waiting alone: it is never below what was measured idle.
            p95 = max(i["own.p95_ms"], 1000 * mm1_quantile(per_second, mu))
        except UndercutError:
            p95 = None
        found.append(
            CostPoint(per_second=per_second, utilisation=per_second / rate,
                      usd_per_1k=cost(per_second), p95_ms=p95, measured=False)
        )  # fmt: skip
    return found
