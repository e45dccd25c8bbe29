"""A belief about alpha, from a range of the elasticity."""

from __future__ import annotations

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from undercut.core.errors import Problem
from undercut.core.types import Record
from undercut.economics.arrays import Array
from undercut.economics.checks import collect, fraction
from undercut.economics.demand import alpha_from_elasticity
from undercut.economics.scalars import of_scalars


class AlphaPrior(Record):
    """A belief about alpha: lognormal."""

    median: float = Field(description="per USD/1k")
    low: float = Field(description="5 % quantile")
    high: float = Field(description="95 % quantile")
    source: str = "assumption"

    def quantile(self, level: float) -> float:
        """Return a quantile of alpha.

        Raises:
            UndercutError: the level is not between 0 and 1.
        """
        collect(fraction("level", level))
        half = np.log(self.high / self.low) / 2
        return float(self.median * np.exp(half * ndtri(level) / ndtri(0.95)))

    def draws(self, count: int, seed: int = 0) -> Array:
        """Return draws of alpha, ``(count,)``."""
        z = np.random.default_rng(seed).standard_normal(count)
        return np.asarray(self.median * np.exp(np.log(self.high / self.low) / 2 * z / ndtri(0.95)))


@of_scalars
def alpha_from_prior(
    elasticity_low: float, elasticity_high: float, price_usd_per_1k: float, share: float
) -> AlphaPrior:
    """Return a lognormal belief about alpha from a 90 % range of the own elasticity.

    Args:
        elasticity_low: the smaller end in size, of either sign.
        elasticity_high: the larger end in size.
        price_usd_per_1k: price at which it holds.
        share: share of the market at that price.

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    low = alpha_from_elasticity(elasticity_low, price_usd_per_1k, share)
    high = alpha_from_elasticity(elasticity_high, price_usd_per_1k, share)
    if high < low:
        collect(
            Problem("a size of at least elasticity_low", repr(elasticity_high), "elasticity_high")
        )
    return AlphaPrior(median=float(np.sqrt(low * high)), low=low, high=high)
