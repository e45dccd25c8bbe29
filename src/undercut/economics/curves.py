"""Demand along a line or with constant elasticity: volume, best price, break-even.

The rule behind both: a seller who sets the price equates marginal *revenue* with marginal cost, so
the margin over the price (Lerner's index) is one over the elasticity there.
"""

from __future__ import annotations

import math

from pydantic import Field

from undercut.core.errors import fail
from undercut.core.types import Record
from undercut.economics.checks import collect, not_negative, number, positive
from undercut.economics.scalars import of_scalars


class CurveOptimum(Record):
    """The best point on a demand curve, and where profit is 0."""

    price: float
    volume: float
    profit: float = Field(description="after fixed costs")
    elasticity: float = Field(description="of demand at that point, negative")
    lerner: float = Field(description="(price - cost)/price")
    break_even_low: float | None = Field(
        description="least volume that loses nothing; None: no volume"
    )
    break_even_high: float | None = Field(
        description="most volume that loses nothing; None: no volume, or no upper end"
    )


@of_scalars
def line_optimum(intercept: float, slope: float, cost: float, fixed: float = 0.0) -> CurveOptimum:
    """Return the best point on ``P = a - b x`` at a cost of ``F + c x``.

    ``x* = (a - c)/(2 b)``, ``p* = (a + c)/2``; profit is 0 where ``b x^2 - (a - c) x + F = 0``.

    Args:
        intercept: a, price at which nobody buys; USD a unit of volume.
        slope: b, USD a unit of volume per unit of volume.
        cost: c, of another unit, USD.
        fixed: F, USD over the time in which x is sold.

    Raises:
        UndercutError: figures out of range, or a cost at which nobody buys.
    """
    collect(
        positive("intercept", intercept),
        positive("slope", slope),
        not_negative("cost", cost),
        not_negative("fixed", fixed),
    )
    if intercept <= cost:
        raise fail(
            "demand-no-sale",
            expected=f"a cost below the choke price of {intercept:g}",
            found=f"{cost:g}",
            where="cost",
        )
    room = intercept - cost
    x, p = room / (2.0 * slope), (intercept + cost) / 2.0
    inside = room * room - 4.0 * slope * fixed
    low = high = None
    if inside >= 0:
        high = (room + math.sqrt(inside)) / (2.0 * slope)
        low = fixed / (slope * high)  # the product of the roots is F/b: no cancellation
    return CurveOptimum(
        price=p,
        volume=x,
        profit=room * room / (4.0 * slope) - fixed,
        elasticity=-p / (slope * x),
        lerner=(p - cost) / p,
        break_even_low=low,
        break_even_high=high,
    )


@of_scalars
def power_optimum(level: float, elasticity: float, cost: float, fixed: float = 0.0) -> CurveOptimum:
    """Return the best point on ``x = A p^-e`` at a cost of ``F + c x``, for ``e`` above 1.

    ``p* = c e/(e - 1)``. Volumes that lose nothing are found around the best one.

    Args:
        level: A, volume at a price of 1.
        elasticity: e, in size, above 1.
        cost: c, of another unit, USD, above 0.
        fixed: F, USD over the time in which x is sold.

    Raises:
        UndercutError: figures out of range, or an elasticity of 1 or less.
    """
    from undercut.economics.demand import constant_elasticity_price

    collect(positive("level", level), not_negative("fixed", fixed))
    p = constant_elasticity_price(cost, elasticity)
    x = power_volume(level, elasticity, p)
    best = x * (p - cost) - fixed
    low = high = None
    if best >= 0:
        low, high = _around(level, elasticity, cost, fixed, x)
    return CurveOptimum(
        price=p,
        volume=x,
        profit=best,
        elasticity=-elasticity,
        lerner=1.0 / elasticity,
        break_even_low=low,
        break_even_high=high,
    )


def _around(
    level: float, elasticity: float, cost: float, fixed: float, best: float
) -> tuple[float, float]:
    """Return the volumes at which ``x (P(x) - c) = F``, in the logarithm of the volume."""
    from scipy.optimize import brentq

    def earned(log_x: float) -> float:
        revenue = math.log(level) / elasticity + log_x * (1.0 - 1.0 / elasticity)
        return math.exp(min(revenue, 700.0)) - cost * math.exp(min(log_x, 700.0)) - fixed

    top = math.log(best)
    zero = math.log(level) - elasticity * math.log(cost)  # where the price has come down to cost
    if fixed == 0:
        return 0.0, math.exp(zero)
    left = top - 1.0
    while earned(left) > 0:
        left = top - 2.0 * (top - left)
    low = brentq(earned, left, top, xtol=1e-15, rtol=1e-14) if earned(top) > 0 else top
    high = brentq(earned, top, zero, xtol=1e-15, rtol=1e-14) if earned(top) > 0 else top
    return math.exp(low), math.exp(high)


@of_scalars
def line_volume(intercept: float, slope: float, price: float) -> float:
    """Return what is bought at a price on ``P = a - b x``; 0 above the choke price.

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    collect(positive("intercept", intercept), positive("slope", slope), number("price", price))
    return max(0.0, (intercept - price) / slope)


@of_scalars
def power_volume(level: float, elasticity: float, price: float) -> float:
    """Return ``A p^-e``.

    Raises:
        UndercutError: figures out of range; all are listed, or a volume no float can hold.
    """
    collect(positive("level", level), positive("elasticity", elasticity), positive("price", price))
    exponent = math.log(level) - elasticity * math.log(price)
    if exponent > 700:
        raise fail(
            "economics-input",
            expected="a price at which the volume is finite",
            found=f"{price:g} with an elasticity of {elasticity:g}",
            where="price",
        )
    return math.exp(exponent)
