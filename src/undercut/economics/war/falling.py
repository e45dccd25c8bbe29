"""Falling prices: the learning curve of costs, and decline at constant quality."""

from __future__ import annotations

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from undercut.core.types import Record
from undercut.economics.checks import collect, fraction, not_negative, positive, probability, share
from undercut.economics.scalars import of_scalars


class Decline(Record):
    """How fast prices fall, as a lognormal of the factor a year (above 1 they fall)."""

    low: float = Field(description="5 % quantile of old price over new after a year")
    high: float = Field(description="95 % quantile")
    source: str = "assumption"

    def factor(self, level: float = 0.5) -> float:
        """Return a quantile of the factor a year.

        Raises:
            UndercutError: the ends are not positive, or the level is not between 0 and 1.
        """
        collect(
            positive("low", self.low),
            positive("high", self.high),
            not_negative("high - low", self.high - self.low),
            fraction("level", level),
        )
        middle, half = np.log(self.low * self.high) / 2, np.log(self.high / self.low) / 2
        return float(np.exp(middle + half * ndtri(level) / ndtri(0.95)))

    def price_after(self, price_usd_per_1k: float, months: float, level: float = 0.5) -> float:
        """Return ``p * factor**(-months/12)``, USD/1k.

        Raises:
            UndercutError: figures out of range; all are listed.
        """
        collect(not_negative("price_usd_per_1k", price_usd_per_1k), not_negative("months", months))
        return float(price_usd_per_1k * np.exp(-np.log(self.factor(level)) * months / 12.0))


AT_CONSTANT_QUALITY = Decline(low=3.0, high=10.0, source="Gundlach et al. 2025, arXiv:2511.23455")
BY_TIER = Decline(low=1.5, high=2.0, source="arXiv:2603.28576")


@of_scalars
def wright_exponent(progress: float) -> float:
    """Return ``b`` of Wright's law for a curve on which doubling leaves ``progress`` of the cost.

    ``b = -ln(progress)/ln 2``; an 80 % curve has b = 0.3219.

    Raises:
        UndercutError: not a share above 0 and at most 1.
    """
    collect(share("progress", progress))
    return float(-np.log2(progress)) + 0.0


@of_scalars
def wright_cost(first_usd: float, cumulative: float, progress: float) -> float:
    """Return the cost of the n-th unit, ``c1 n^-b`` (Wright 1936, J. Aeronautical Sciences 3(4)).

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    b = wright_exponent(progress)
    collect(not_negative("first_usd", first_usd), positive("cumulative", cumulative))
    return float(first_usd * np.exp(-b * np.log(cumulative)))


@of_scalars
def released_price(
    price_usd_per_1k: float, per_year: float, price_ratio: float, months: float
) -> float:
    """Return the mean price after Poisson releases that each multiply it by ``price_ratio``.

    ``E = p exp(-lambda t (1 - ratio))``: within a list the price stands still, and the decline
    comes from new models.

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    collect(
        not_negative("price_usd_per_1k", price_usd_per_1k),
        not_negative("per_year", per_year),
        probability("price_ratio", price_ratio),
        not_negative("months", months),
    )
    exponent = -per_year * months / 12.0 * (1.0 - price_ratio)
    return float(price_usd_per_1k * np.exp(exponent))
