"""numpy's scalars give what Python's numbers give; nests settle at any size of the figures."""

from __future__ import annotations

import numpy as np
import pytest

from undercut.economics.breakeven import break_even_volume
from undercut.economics.curves import line_optimum
from undercut.economics.data_value import horizon_value
from undercut.economics.demand import generalised_price, linear_price
from undercut.economics.equilibrium.logit import nash_logit
from undercut.economics.equilibrium.nested import nash_nested
from undercut.economics.investment import monthly_rate
from undercut.economics.queueing import mm1_time
from undercut.economics.unit_cost import fleet
from undercut.economics.war.falling import wright_cost

CALLS = {
    "fleet": lambda k: fleet(k(100), k(3), k(1), k(90), k(1)).usd_per_1k,
    "horizon": lambda k: horizon_value(k(120), k(1), k(12)),
    "line": lambda k: line_optimum(k(100), k(2), k(20), k(5)).profit,
    "rate": lambda k: monthly_rate(k(1)),
    "wright": lambda k: wright_cost(k(100), k(4), 0.8),
    "price": lambda k: generalised_price(k(1), k(1), k(0), k(30), k(20)),
    "choke": lambda k: linear_price(k(100), k(90)),
    "queue": lambda k: mm1_time(k(5), k(9)),
    "volume": lambda k: break_even_volume(k(100), k(3), k(1)),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.float32, np.float64, np.array])
def test_numpy_scalars_are_numbers(name, kind):
    assert CALLS[name](kind) == CALLS[name](float)


def test_large_products_of_small_integers_do_not_overflow():
    big = np.int32(100_000)
    assert fleet(big, np.int32(30_000), np.int32(1), big, 1).machines == 30_000


@pytest.mark.parametrize("alpha", [1e-12, 1.0, 1e6])
@pytest.mark.parametrize(("delta", "cost"), [(1e6, 0.0), (0.0, 1e9), (-1e6, 1e9)])
def test_nests_settle_at_any_size(alpha, delta, cost):
    one = nash_nested([delta, delta - 1], cost, alpha, [0, 0], 0.5)
    assert one.worst_residual < 1e-9 and one.worst_gain < 1e-9
    assert np.all(one.price >= cost)
    free = nash_nested([delta, delta - 1], cost, alpha, [0, 1], 0.0)
    plain = nash_logit([delta, delta - 1], cost, alpha)
    assert free.price == pytest.approx(plain.price, rel=1e-9)
