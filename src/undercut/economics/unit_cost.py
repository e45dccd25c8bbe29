"""What a thousand requests cost on own machines, used and reserved.

The cost of the used seconds flatters: a machine is paid for by the hour. Show
:func:`machine_usd_per_month` beside :func:`usd_per_1k` wherever the latter appears.
"""

from __future__ import annotations

import math

from undercut.economics.checks import collect, not_negative, positive, share
from undercut.economics.records import Fleet, Marginal, Waterfall
from undercut.economics.scalars import of_scalars

HOURS_PER_MONTH = 730.0
SECONDS_PER_HOUR = 3600.0
SECONDS_PER_MONTH = HOURS_PER_MONTH * SECONDS_PER_HOUR


@of_scalars
def usd_per_1k(
    texts_per_second: float, threads: float, usd_per_core_hour: float, utilisation: float = 1.0
) -> float:
    """Return USD per 1,000 requests of the cores in use.

    Args:
        texts_per_second: measured throughput of the whole process.
        threads: cores it holds.
        usd_per_core_hour: rate.
        utilisation: share of the time the cores answer requests, above 0.

    Raises:
        UndercutError: an input is not a number in its range; all are listed.
    """
    collect(
        positive("texts_per_second", texts_per_second),
        positive("threads", threads),
        not_negative("usd_per_core_hour", usd_per_core_hour),
        share("utilisation", utilisation),
    )
    seconds_per_1k = 1000.0 / (texts_per_second * utilisation)
    return threads * usd_per_core_hour / SECONDS_PER_HOUR * seconds_per_1k


@of_scalars
def machine_usd_per_month(cores: float, usd_per_core_hour: float) -> float:
    """Return USD a month of a reserved machine, used or not.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    collect(positive("cores", cores), not_negative("usd_per_core_hour", usd_per_core_hour))
    return HOURS_PER_MONTH * cores * usd_per_core_hour


@of_scalars
def capacity_per_month(texts_per_second: float, utilisation: float = 1.0) -> float:
    """Return the requests one machine can answer in a month.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    collect(positive("texts_per_second", texts_per_second), share("utilisation", utilisation))
    return texts_per_second * SECONDS_PER_MONTH * utilisation


@of_scalars
def machines_needed(
    mean_per_second: float, peak_factor: float, rho_max: float, machine_per_second: float
) -> int:
    """Return ``k = ceil(mean * peak / (rho_max * mu))``, at least one.

    Args:
        mean_per_second: mean arrival rate.
        peak_factor: peak over mean, at least 1.
        rho_max: highest use that keeps the latency target, see
            :func:`undercut.economics.queueing.rho_max`.
        machine_per_second: service rate of one machine.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    collect(
        positive("mean_per_second", mean_per_second),
        positive("peak_factor", peak_factor),
        share("rho_max", rho_max),
        positive("machine_per_second", machine_per_second),
    )
    collect(not_negative("peak_factor - 1", peak_factor - 1.0))
    exact = mean_per_second * peak_factor / (rho_max * machine_per_second)
    # 3.0000000000000004 machines are three.
    return max(1, math.ceil(exact * (1.0 - 1e-12)))


@of_scalars
def fleet(
    mean_per_second: float,
    peak_factor: float,
    rho_max: float,
    machine_per_second: float,
    usd_per_machine_hour: float,
) -> Fleet:
    """Size a fleet for its peak and price its mean.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    collect(not_negative("usd_per_machine_hour", usd_per_machine_hour))
    k = machines_needed(mean_per_second, peak_factor, rho_max, machine_per_second)
    return Fleet(
        machines=k,
        utilisation=mean_per_second / (k * machine_per_second),
        usd_per_1k=1000.0 * k * usd_per_machine_hour / (SECONDS_PER_HOUR * mean_per_second),
        usd_per_month=k * usd_per_machine_hour * HOURS_PER_MONTH,
    )


@of_scalars
def usd_per_1k_fleet(
    mean_per_second: float,
    peak_factor: float,
    rho_max: float,
    machine_per_second: float,
    usd_per_machine_hour: float,
) -> float:
    """Return ``1000 k h / (3600 mean)`` with ``k`` from :func:`machines_needed`.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    return fleet(
        mean_per_second, peak_factor, rho_max, machine_per_second, usd_per_machine_hour
    ).usd_per_1k


@of_scalars
def marginal(
    mean_per_second: float,
    peak_factor: float,
    rho_max: float,
    machine_per_second: float,
    usd_per_machine_hour: float,
    machines: int,
    variable_usd_per_1k: float = 0.0,
) -> Marginal:
    """Return the short-run marginal cost beside the long-run one.

    In the short run the machines are paid for and another request costs only what varies with it
    (egress, a metered API), until the latency target binds. In the long run it brings its share of
    a machine, sized for the peak at ``rho_max``.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    needed = machines_needed(mean_per_second, peak_factor, rho_max, machine_per_second)
    collect(
        positive("machines", machines),
        not_negative("usd_per_machine_hour", usd_per_machine_hour),
        not_negative("variable_usd_per_1k", variable_usd_per_1k),
    )
    room = machines * rho_max * machine_per_second / peak_factor - mean_per_second
    binds = needed > machines or room <= 0
    added = 1000.0 * peak_factor * usd_per_machine_hour
    return Marginal(
        short_run_usd_per_1k=None if binds else variable_usd_per_1k,
        long_run_usd_per_1k=variable_usd_per_1k
        + added / (SECONDS_PER_HOUR * rho_max * machine_per_second),
        headroom_per_second=max(0.0, room),
        next_machine_usd_per_month=usd_per_machine_hour * HOURS_PER_MONTH,
    )


@of_scalars
def waterfall(
    requests_per_month: float,
    capacity_per_month: float,
    machines_usd_per_month: float,
    life_months: float,
    training_usd: float = 0.0,
    labels_usd: float = 0.0,
    people_usd: float = 0.0,
    fixed_usd_per_month: float = 0.0,
) -> Waterfall:
    """Split a month's cost: fixed, training, labels, people, serving (used) and idle.

    Args:
        requests_per_month: requests answered.
        capacity_per_month: requests the reserved machines could answer.
        machines_usd_per_month: what those machines cost.
        life_months: months over which the one-off sums are written off.
        training_usd: one-off compute.
        labels_usd: one-off labelling.
        people_usd: one-off work; salaries that recur belong in ``fixed_usd_per_month``.
        fixed_usd_per_month: everything else that recurs.

    Raises:
        UndercutError: an input is out of range, or the requests exceed the capacity.
    """
    collect(
        positive("requests_per_month", requests_per_month),
        positive("capacity_per_month", capacity_per_month),
        not_negative("machines_usd_per_month", machines_usd_per_month),
        positive("life_months", life_months),
        not_negative("training_usd", training_usd),
        not_negative("labels_usd", labels_usd),
        not_negative("people_usd", people_usd),
        not_negative("fixed_usd_per_month", fixed_usd_per_month),
    )
    used = requests_per_month / capacity_per_month
    collect(share("requests_per_month / capacity_per_month", used))
    parts = {
        "fixed": float(fixed_usd_per_month),
        "training": training_usd / life_months,
        "labels": labels_usd / life_months,
        "people": people_usd / life_months,
        "serving": machines_usd_per_month * used,
        "idle": machines_usd_per_month * (1.0 - used),
    }
    total = math.fsum(parts.values())
    return Waterfall(
        usd_per_month=parts,
        total_usd_per_month=total,
        usd_per_1k=1000.0 * total / requests_per_month,
    )
