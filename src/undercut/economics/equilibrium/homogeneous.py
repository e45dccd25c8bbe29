"""Goods that do not differ at all: capacity first, then price (Kreps and Scheinkman).

Two firms of equal capacity ``K`` and cost ``c`` meet demand ``D = a - b p``; the cheaper one serves
first (efficient rationing). Small capacities are sold out; large ones drive the price to cost; in
between prices are drawn from a distribution (Kreps and Scheinkman 1983, Bell J. of Economics
14(2), 326-337; Levitan and Shubik 1972).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field
from scipy.integrate import quad

from undercut.core.errors import fail
from undercut.core.types import Record
from undercut.economics.checks import collect, not_negative, positive
from undercut.economics.scalars import of_scalars


class CapacityGame(Record):
    """Prices of two firms with equal capacity and the same good."""

    regime: Literal["sold-out", "mixed", "at-cost"]
    profit_usd_per_month: float = Field(description="of each firm, expected")
    low_usd_per_1k: float = Field(description="lowest price asked")
    high_usd_per_1k: float = Field(description="highest price asked")
    mean_usd_per_1k: float = Field(description="expected price asked by one firm")
    capacity: float = Field(description="of each, thousand requests a month")
    intercept: float
    slope: float
    cost_usd_per_1k: float

    def below(self, price_usd_per_1k: float) -> float:
        """Return the chance that a firm asks at most this price."""
        if price_usd_per_1k >= self.high_usd_per_1k:
            return 1.0
        if self.regime != "mixed" or price_usd_per_1k <= self.low_usd_per_1k:
            return 0.0
        scale = self.intercept - self.slope * self.cost_usd_per_1k
        p = (price_usd_per_1k - self.cost_usd_per_1k) * self.slope / scale
        k = self.capacity / scale
        return float(np.clip(_cdf(p, k), 0.0, 1.0))


@of_scalars
def capacity_then_price(
    capacity_1k_per_month: float,
    intercept: float = 1.0,
    slope: float = 1.0,
    cost_usd_per_1k: float = 0.0,
) -> CapacityGame:
    """Return the prices of two firms of equal capacity that sell the same good.

    With ``D = 1 - p`` and no cost: up to ``K = 1/3`` both sell out at ``1 - 2K``; from 1 on the
    price is 0; in between each expects ``((1 - K)/2)^2`` and draws from
    ``[pi/K, (1 - K)/2]``. Other lines and costs are that game in other units.

    Args:
        capacity_1k_per_month: K of each firm.
        intercept: a, demand at a price of 0, thousand requests a month.
        slope: b, thousand requests a month that another USD/1k drives away.
        cost_usd_per_1k: c.

    Raises:
        UndercutError: figures out of range, or nobody buys at cost.
    """
    collect(
        positive("capacity_1k_per_month", capacity_1k_per_month),
        positive("intercept", intercept),
        positive("slope", slope),
        not_negative("cost_usd_per_1k", cost_usd_per_1k),
    )
    scale = intercept - slope * cost_usd_per_1k
    if scale <= 0:
        raise fail(
            "demand-no-sale",
            expected=f"a cost below the choke price of {intercept / slope:g} USD/1k",
            found=f"{cost_usd_per_1k:g}",
            where="cost_usd_per_1k",
        )
    k = capacity_1k_per_month / scale
    regime: Literal["sold-out", "mixed", "at-cost"]
    if k <= 1.0 / 3.0:
        regime, profit, low, high, mean = (
            "sold-out",
            k * (1 - 2 * k),
            1 - 2 * k,
            1 - 2 * k,
            1 - 2 * k,
        )
    elif k < 1.0:
        regime, profit, high = "mixed", ((1 - k) / 2) ** 2, (1 - k) / 2
        low = profit / k
        mean = high - _area(low, high, k)
    else:
        regime, profit, low, high, mean = "at-cost", 0.0, 0.0, 0.0, 0.0

    def price(x: float) -> float:
        return cost_usd_per_1k + x * scale / slope

    return CapacityGame(
        regime=regime,
        profit_usd_per_month=profit * scale * scale / slope,
        low_usd_per_1k=price(low),
        high_usd_per_1k=price(high),
        mean_usd_per_1k=price(mean),
        capacity=capacity_1k_per_month,
        intercept=intercept,
        slope=slope,
        cost_usd_per_1k=cost_usd_per_1k,
    )


def _cdf(p: float, k: float) -> float:
    """Return F with ``p [F (1 - p - K) + (1 - F) K] = pi`` in units of the standard game."""
    profit = ((1 - k) / 2) ** 2
    return (p * k - profit) / (p * (2 * k + p - 1))


def _area(low: float, high: float, k: float) -> float:
    """Return the integral of F over the support, in the logarithm of the price."""
    if high <= low:
        return 0.0

    def integrand(x: float) -> float:
        p = low * float(np.exp(x))
        return float(np.clip(_cdf(p, k), 0.0, 1.0)) * p

    return float(quad(integrand, 0.0, np.log(high / low), epsabs=1e-15, epsrel=1e-13, limit=200)[0])
