"""Many possible courses of a price war, month by month, in blocks of bounded memory.

A seed gives the same bytes, whatever the number of paths asked for: path ``i`` always belongs to
block ``i // BLOCK`` with chance of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from undercut.economics.arrays import Array
from undercut.economics.war.buyers import shares
from undercut.economics.war.check import check_war
from undercut.economics.war.prices import HIGHEST, reply
from undercut.economics.war.records import War, WarResult
from undercut.economics.war.shocks import Shocks, expected_market
from undercut.economics.war.tally import Tally

BLOCK = 4096


def simulate(war: War, progress: Callable[[int], None] | None = None) -> WarResult:
    """Simulate a war and return the fans, survival and present values.

    Each month: input costs fall and new models are released; every firm sets its price by its
    policy from the prices seen; buyers choose; profit, noise and funding move the cash. A firm
    whose cash ends a month below 0 is ruined and sells no more; ``exit`` leaves when it has lost
    for long enough.

    Args:
        war: firms, buyers and how long to look.
        progress: called with the number of paths done after each block.

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    check_war(war)
    tally = Tally(war)
    done = 0
    for block in range(-(-war.paths // BLOCK)):
        size = min(BLOCK, war.paths - done)
        _block(war, tally, block, size)
        done += size
        if progress is not None:
            progress(done)
    return tally.result()


def _block(war: War, tally: Tally, block: int, size: int) -> None:
    """Simulate the paths of one block into the tally."""
    firms = war.firms

    def spread(values: list[float]) -> Array:
        return np.repeat(np.array(values, dtype=np.float64)[:, None], BLOCK, axis=1)

    shocks = Shocks(war, block, BLOCK)
    delta = spread([f.delta for f in firms])  # (F, B)
    price = spread([f.price_usd_per_1k for f in firms])
    cost = spread([f.variable_usd_per_1k for f in firms])
    cash = spread([f.cash_usd or 0.0 for f in firms])
    fixed = np.array([[f.fixed_usd_per_month] for f in firms])
    finite = np.array([[f.cash_usd is not None] for f in firms])
    cheaper = np.array([[f.cost_ratio_per_year ** (1 / 12)] for f in firms])
    patience = np.array(
        [[f.policy.patience_months if f.policy.kind == "exit" else 10**6] for f in firms]
    )
    limits = [f.capacity_1k_per_month for f in firms]
    capacity = np.array([[np.inf if k is None else k] for k in limits])
    capped = any(k is not None for k in limits)
    selling = np.ones(price.shape, dtype=bool)
    losing = np.zeros(price.shape, dtype=np.int64)
    utility = delta - war.alpha * price
    held = shares(utility, war.log_outside, 0.0, None)
    tally.open(size)
    for month in range(1, war.months + 1):
        cost = np.minimum(cost * cheaper, HIGHEST)
        for f, firm in enumerate(firms):
            released = shocks.release(f)
            if released is None:
                continue
            where, ratio, rise = released
            factor = np.exp(np.clip(ratio, -50.0, 50.0))
            price[f, where] = np.minimum(price[f, where] * factor, HIGHEST)
            if firm.release.cost_follows:
                cost[f, where] = np.minimum(cost[f, where] * factor, HIGHEST)
            delta[f, where] += rise
        utility = np.where(selling, delta - war.alpha * price, -np.inf)
        price = reply(war, price, cost, delta, utility, selling, expected_market(war, month))
        utility = np.where(selling, delta - war.alpha * price, -np.inf)
        held = shares(utility, war.log_outside, war.inertia, held)
        market = shocks.market(month)
        sold, share = held[0] * market, held[0]
        if capped:
            sold = np.minimum(sold, capacity)
            share = sold / market
        profit = sold * (price - cost) - fixed
        expected = profit.copy() if month == 1 else profit
        for f, firm in enumerate(firms):
            if firm.profit_noise_usd:
                profit[f] += shocks.profit(f)
        profit = np.where(selling, profit, 0.0)
        cash += profit
        for f, firm in enumerate(firms):
            if firm.funding.usd:
                cash[f] += np.where(selling[f], shocks.funding(f, month), 0.0)
        losing = np.where(profit < 0, losing + 1, 0)
        ruined = selling & finite & (cash < 0)
        left = selling & ~ruined & (losing >= patience)
        sold_this_month, selling = selling, selling & ~ruined & ~left
        tally.month(
            month, price, share, profit, cash, sold_this_month, selling, ruined, left, expected
        )
    tally.close()
