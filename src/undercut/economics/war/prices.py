"""The prices firms set this month, each from the others' last ones."""

from __future__ import annotations

import numpy as np
from scipy.special import wrightomega

from undercut.economics.arrays import Array
from undercut.economics.war.records import War

HIGHEST = 1e15
"""Prices and costs are kept below this; no formula overflows there."""


def reply(
    war: War,
    price: Array,
    cost: Array,
    delta: Array,
    utility: Array,
    selling: Array,
    market: float,
) -> Array:
    """Return all firms' new prices, USD/1k, ``(F, B)``.

    Everyone moves at once, from the prices just seen. Replies reckon with buyers who are free to
    move: with inertia they are the myopic replies of a firm that does not count on it.

    Args:
        war: what is simulated.
        price: last prices, this month's releases included, ``(F, B)``.
        cost: this month's variable costs, ``(F, B)``.
        delta: utility at a price of 0, ``(F, B)``.
        utility: ``delta - alpha p`` at those prices, minus infinity after an exit, ``(F, B)``.
        selling: whether the firm still sells, ``(F, B)``.
        market: the month's market without its chance, thousand requests.
    """
    new = price.copy()
    asked = np.where(selling, price, np.inf)
    for f, firm in enumerate(war.firms):
        policy = firm.policy
        if policy.kind == "hold":
            continue
        if policy.kind == "limit":
            assert policy.limit_usd_per_1k is not None
            new[f] = policy.limit_usd_per_1k
            continue
        if policy.kind in ("best_reply", "exit"):
            new[f] = _best(war, f, delta[f], cost[f], utility, market)
            continue
        rivals = np.delete(asked, f, axis=0)
        lowest = rivals.min(axis=0) if len(rivals) else np.full(price.shape[1], np.inf)
        if policy.kind == "undercut":
            lowest = lowest * (1.0 - policy.undercut_share)
        floor = cost[f] if policy.floor_usd_per_1k is None else policy.floor_usd_per_1k
        chosen = np.maximum(lowest, floor)
        alone = np.isinf(lowest)  # nobody is left to follow
        if alone.any():
            chosen = np.where(alone, _best(war, f, delta[f], cost[f], utility, market), chosen)
        new[f] = chosen
    new = np.minimum(new, HIGHEST)
    return np.where(selling, new, price)


def _best(war: War, f: int, delta: Array, cost: Array, utility: Array, market: float) -> Array:
    rest = np.delete(utility, f, axis=0)
    top = (
        np.maximum(rest.max(axis=0), war.log_outside) if len(rest) else np.asarray(war.log_outside)
    )
    total = np.exp(war.log_outside - top) + np.exp(rest - top).sum(axis=0)
    limit = war.firms[f].capacity_1k_per_month
    log_t = delta - war.alpha * cost
    w = wrightomega(np.maximum(log_t - top - np.log(total) - 1.0, -700.0))
    best = cost + (1.0 + w) / war.alpha
    if limit is not None and limit < market:
        # The price at which exactly the capacity is bought, where the best one would sell more.
        full = (delta - top - np.log(total) - np.log(limit / (market - limit))) / war.alpha
        best = np.maximum(best, full)
    return np.asarray(best)
