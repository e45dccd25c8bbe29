"""Every formula refuses what is not a number in its range, without a traceback of its own."""

import math

import pytest

from undercut.core.errors import UndercutError
from undercut.economics import (
    breakeven,
    calibrate,
    cascade,
    curves,
    data_value,
    demand,
    floors,
    investment,
    plans,
    queueing,
    unit_cost,
)
from undercut.economics.equilibrium import homogeneous
from undercut.economics.records import Demand, Own
from undercut.economics.war import attrition, cycle, entry, falling

pytestmark = pytest.mark.filterwarnings("error")

GOOD = {
    unit_cost.usd_per_1k: (100.0, 2, 0.05, 0.5),
    unit_cost.machine_usd_per_month: (2, 0.05),
    unit_cost.capacity_per_month: (100.0, 0.5),
    unit_cost.machines_needed: (10.0, 2.0, 0.7, 100.0),
    unit_cost.fleet: (10.0, 2.0, 0.7, 100.0, 0.05),
    unit_cost.usd_per_1k_fleet: (10.0, 2.0, 0.7, 100.0, 0.05),
    unit_cost.marginal: (10.0, 2.0, 0.7, 100.0, 0.05, 1),
    unit_cost.waterfall: (1e5, 1e6, 40.0, 12.0, 1.0, 1.0, 1.0, 1.0),
    queueing.mm1_time: (50.0, 100.0),
    queueing.mm1_quantile: (50.0, 100.0, 0.95),
    queueing.md1_time: (50.0, 100.0),
    queueing.erlang_c: (50.0, 100.0, 2),
    queueing.mmk_wait: (50.0, 100.0, 2),
    queueing.mgk_wait: (50.0, 100.0, 2, 1.0),
    queueing.rho_max: (100.0, 0.05, 0.95),
    demand.generalised_price: (1.0, 0.9, 0.01, 5.0, 0.1),
    demand.utility: (2.0, 1.0, 0.5),
    demand.alpha_from_elasticity: (-1.1, 1.0, 0.05),
    demand.linear_price: (10.0, 2.0),
    demand.constant_elasticity_price: (0.2, 3.0),
    breakeven.break_even_volume: (100.0, 1.0, 0.1),
    cascade.threshold: (0.95, 0.001, 0.01),
    cascade.expected_uniform: (0.5, 1.0, 0.95, 1e-5, 0.001, 0.01),
    curves.line_optimum: (10.0, 2.0, 1.0, 1.0),
    curves.line_volume: (10.0, 2.0, 1.0),
    curves.power_optimum: (10.0, 3.0, 0.2, 1.0),
    curves.power_volume: (10.0, 3.0, 0.2),
    calibrate.alpha_from_prior: (-1.0, -2.0, 1.0, 0.05),
    data_value.horizon_value: (1e6, 0.01, 12.0, 0.01),
    homogeneous.capacity_then_price: (0.5, 1.0, 1.0, 0.1),
    investment.customer_value: (400.0, 0.75, 0.03, 0.01, 100.0),
    investment.monthly_rate: (0.25,),
    plans.lognormal_usage: (50.0, 1.0, 100),
    attrition.symmetric_attrition: (1.2e6, 5e4),
    attrition.runways: (10.0, 1.0, 10.0, 1.0),
    attrition.ruin: (10.0, -1.0, 1.0, 12),
    cycle.undercutting_cycle: (0.9, 6),
    entry.limit_price: (2.0, 0.6, 1.5, 0.5, 2.0, 1e6, 4.5e6, 0.02, 0.0),
    entry.recoupment: (-100.0, 0.0, 50.0, 12.0, 0.01, 0.0),
    falling.wright_cost: (100.0, 2.0, 0.8),
    falling.wright_exponent: (0.8,),
    falling.released_price: (1.0, 2.0, 0.5, 12.0),
}
SIGNED = {
    curves.line_volume: {2},
    calibrate.alpha_from_prior: {0, 1},
    investment.customer_value: {1},
    attrition.ruin: {1},
    entry.limit_price: {0, 2, 8},
    entry.recoupment: {0, 1, 2},
}
"""Positions where -1 is a figure like any other."""
OPTIONAL = {investment.customer_value: {4}}
"""Positions that may be None."""
CASES = [(f, i) for f, args in GOOD.items() for i in range(len(args))]


@pytest.mark.parametrize(
    ("function", "position"), CASES, ids=[f"{f.__name__}-{i}" for f, i in CASES]
)
def test_bad_numbers_are_refused(function, position):
    good = list(GOOD[function])
    function(*good)
    signed = function in (demand.generalised_price, demand.utility) and position != 2
    signed = signed or (function is demand.utility) or function is demand.alpha_from_elasticity
    for bad in (math.nan, math.inf, -math.inf, None, "1", True, [1.0], -1.0, 1e300, 10**400):
        if bad == -1.0 and (signed or position in SIGNED.get(function, ())):
            continue
        if bad is None and position in OPTIONAL.get(function, ()):
            continue
        args = [*good]
        args[position] = bad
        with pytest.raises(UndercutError):
            function(*args)


def test_all_bad_inputs_are_named_at_once():
    with pytest.raises(UndercutError) as e:
        unit_cost.usd_per_1k(-1, 0, math.nan, 1.5)
    assert [p.where for p in e.value.problems] == [
        "texts_per_second",
        "threads",
        "usd_per_core_hour",
        "utilisation",
    ]
    with pytest.raises(UndercutError) as e:
        floors.floors(variable_usd_per_1k=-1, life_months=0, cash_usd=math.inf)
    assert len(e.value.problems) == 3


def test_bad_records_are_refused_when_used():
    good = {"alpha": 2.0, "delta": 1.0, "log_outside": 0.0, "market_1k_per_month": 1.0}
    for field in good:
        for bad in (math.nan, math.inf, -math.inf):
            with pytest.raises(UndercutError, match=field):
                demand.best_reply(Demand(**{**good, field: bad}), 0.1)
    with pytest.raises(UndercutError, match="rival_utilities"):
        demand.log_outside([0.0, math.nan])
    own = Own(machine_usd_per_month=math.nan, capacity_per_month=-1)
    for call in (
        lambda: breakeven.break_even(own, 0.1),
        lambda: breakeven.compare(own, 0.1, 1e6),
        lambda: breakeven.verdict(own, []),
    ):
        with pytest.raises(UndercutError, match="machine_usd_per_month"):
            call()
    fine = Own(machine_usd_per_month=1, capacity_per_month=1e6)
    for args in ((math.nan,), (-1.0,), (0.1, 1.2)):
        with pytest.raises(UndercutError):
            breakeven.break_even(fine, *args)
