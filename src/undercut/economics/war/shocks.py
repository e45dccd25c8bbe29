"""The chance of a block of paths, month by month: a stream for each kind of it.

Each kind draws from a generator of its own, keyed by seed, block and kind, so that another policy,
another number of paths or another kind of chance leaves the draws of the rest as they were.
"""

from __future__ import annotations

import numpy as np

from undercut.economics.arrays import Array
from undercut.economics.war.records import War

KINDS = ("releases", "prices", "qualities", "funding", "demand", "profit")


def expected_market(war: War, month: int) -> float:
    """Return M in a month (1 is the first) without its chance, thousand requests."""
    return war.market_1k_per_month * war.growth_per_year ** ((month - 1) / 12.0)


class Shocks:
    """Draws for one block.

    Args:
        war: what is simulated.
        block: number of the block.
        paths: how many paths it has, B.
    """

    def __init__(self, war: War, block: int, paths: int) -> None:
        self.war, self.paths = war, paths
        self.streams = {
            kind: np.random.Generator(
                np.random.PCG64(np.random.SeedSequence(entropy=war.seed, spawn_key=(block, i)))
            )
            for i, kind in enumerate(KINDS)
        }

    def release(self, firm: int) -> tuple[Array, Array, Array] | None:
        """Return paths with a release, logarithms of the price ratio, and rises of delta.

        ``None`` when the firm never releases. Several releases in a month add up.
        """
        r = self.war.firms[firm].release
        if r.per_year == 0:
            return None
        count = self.streams["releases"].poisson(r.per_year / 12.0, self.paths)
        where = np.flatnonzero(count)
        n = count[where].astype(np.float64)
        root = np.sqrt(n)
        ratio = n * np.log(r.price_ratio)
        ratio += root * r.price_ratio_spread * self.streams["prices"].standard_normal(len(where))
        rise = n * r.quality_jump
        rise += root * r.quality_spread * self.streams["qualities"].standard_normal(len(where))
        return where, ratio, rise

    def funding(self, firm: int, month: int) -> Array | float:
        """Return the money that comes in this month (1 is the first), a figure or ``(B,)``."""
        f = self.war.firms[firm].funding
        usd: Array | float = f.usd if f.month == month else 0.0
        if f.usd and f.per_year:
            usd = usd + f.usd * self.streams["funding"].poisson(f.per_year / 12.0, self.paths)
        return usd

    def market(self, month: int) -> Array | float:
        """Return this month's M, thousand requests: a figure, or ``(B,)`` with mean growth."""
        size = expected_market(self.war, month)
        spread = self.war.demand_spread
        if spread == 0:
            return size
        z = self.streams["demand"].standard_normal(self.paths)
        return np.asarray(size * np.exp(spread * z - 0.5 * spread * spread))

    def profit(self, firm: int) -> Array | float:
        """Return profit the model does not explain, USD, ``(B,)``."""
        spread = self.war.firms[firm].profit_noise_usd
        return spread * self.streams["profit"].standard_normal(self.paths) if spread else 0.0
