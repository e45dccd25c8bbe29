"""Every formula refuses what is not a number in its range, without a traceback of its own."""

import math

import pytest

from undercut.core.errors import UndercutError
from undercut.economics import breakeven, cascade, demand, floors, queueing, unit_cost
from undercut.economics.records import Demand, Own

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
}
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
        if bad == -1.0 and signed:
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
