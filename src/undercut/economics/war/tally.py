"""Sums over all paths and fans over the first ones: memory does not grow with the paths."""

from __future__ import annotations

import numpy as np

from undercut.economics.arrays import Array
from undercut.economics.war.records import QUANTILES, War, WarResult

KEPT = 4_000_000
"""Figures of a kind kept for the fans; the paths beyond them enter the means only."""


class Tally:
    """What is remembered of the paths."""

    def __init__(self, war: War) -> None:
        self.war = war
        n, f = war.months, len(war.firms)
        self.fan = min(war.paths, max(1, KEPT // (n * f)))
        self.fans = {k: np.empty((n, f, self.fan)) for k in ("price", "share", "cash")}
        self.fan_selling = np.empty((n, f, self.fan), dtype=bool)
        self.selling, self.sellers = np.zeros((n, f)), np.zeros((n, f))
        self.price, self.share, self.profit = (np.zeros((n, f)) for _ in range(3))
        self.value, self.square = np.zeros(f), np.zeros(f)
        self.ruined, self.left = np.zeros(f), np.zeros(f)
        self.burn = np.zeros(f)  # of the first month
        self.first = 0  # number of the block's first path
        self.size = 0
        self.worth = np.zeros((f, 0))

    def open(self, size: int) -> None:
        """Begin a block; only its first ``size`` paths were asked for."""
        self.size = size
        self.worth = np.zeros((len(self.war.firms), size))

    def month(
        self,
        month: int,
        price: Array,
        share: Array,
        profit: Array,
        cash: Array,
        sold: Array,
        selling: Array,
        ruined: Array,
        left: Array,
        expected: Array,
    ) -> None:
        """Add a month of a block, ``(F, B)`` each: ``sold`` before, ``selling`` after its exits.

        ``expected`` is the profit without the noise the model does not explain.
        """
        t, size = month - 1, self.size
        price, share, profit, cash, sold, selling = (
            x[:, :size] for x in (price, share, profit, cash, sold, selling)
        )
        self.selling[t] += selling.sum(axis=1)
        self.sellers[t] += sold.sum(axis=1)
        self.price[t] += np.where(sold, price, 0.0).sum(axis=1)
        self.share[t] += share.sum(axis=1)
        if t == 0:
            self.burn -= expected[:, :size].sum(axis=1)
        self.profit[t] += profit.sum(axis=1)
        self.worth += profit * (1.0 + self.war.discount_per_month) ** -month
        self.ruined += ruined[:, :size].sum(axis=1)
        self.left += left[:, :size].sum(axis=1)
        keep = min(size, self.fan - self.first)
        if keep > 0:
            into = slice(self.first, self.first + keep)
            for kind, values in (("price", price), ("share", share), ("cash", cash)):
                self.fans[kind][t, :, into] = values[:, :keep]
            self.fan_selling[t, :, into] = sold[:, :keep]

    def close(self) -> None:
        """End a block."""
        self.value += self.worth.sum(axis=1)
        self.square += (self.worth**2).sum(axis=1)
        self.first += self.size

    def result(self) -> WarResult:
        """Return the outcomes."""
        war, n = self.war, float(self.war.paths)
        alive = self.selling / n
        price = np.moveaxis(np.quantile(self.fans["price"], QUANTILES, axis=2), 0, 2)
        for t, f in np.argwhere(~self.fan_selling.all(axis=2)):
            left = self.fan_selling[t, f]
            if left.any():
                price[t, f] = np.quantile(self.fans["price"][t, f, left], QUANTILES)
        fans = {
            k: np.moveaxis(np.quantile(self.fans[k], QUANTILES, axis=2), 0, 2)
            for k in ("share", "cash")
        }
        mean = self.value / n
        spread = np.maximum(self.square / n - mean**2, 0.0)
        runway = self._runways()
        theirs = [r for r in runway[1:] if r is not None]
        ratio = runway[0] / min(theirs) if runway[0] is not None and theirs else None
        last = np.median(self.fans["price"], axis=2)
        return WarResult(
            names=[f.name for f in war.firms],
            quantiles=QUANTILES,
            survival=alive,
            survival_error=np.sqrt(alive * (1.0 - alive) / n),
            price=price,
            share=fans["share"],
            cash=fans["cash"],
            mean_price=np.where(self.sellers > 0, self.price / np.maximum(self.sellers, 1.0), last),
            mean_share=self.share / n,
            mean_profit=self.profit / n,
            present_value=mean,
            present_value_error=np.sqrt(spread / n),
            ruined=self.ruined / n,
            left=self.left / n,
            runway_months=runway,
            runway_ratio=ratio,
            paths=war.paths,
            fan_paths=self.fan,
        )

    def _runways(self) -> list[float | None]:
        found: list[float | None] = []
        for firm, burn in zip(self.war.firms, self.burn / self.war.paths, strict=True):
            ends = firm.cash_usd is not None and burn > 0
            found.append(float((firm.cash_usd or 0.0) / burn) if ends else None)
        return found
