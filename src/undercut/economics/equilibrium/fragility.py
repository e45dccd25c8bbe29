"""How fragile prices above the competitive ones are: diagnostics, never advice.

What one owner of all products would charge, what a firm would earn by leaving those prices, and how
patient it would have to be not to. The figures say how quickly high prices fall apart; agreeing on
prices is against the law nearly everywhere, and nothing here recommends it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from undercut.core.errors import fail
from undercut.economics.arrays import Array
from undercut.economics.checks import collect, number, positive
from undercut.economics.equilibrium.logit import best_replies, nash_logit
from undercut.economics.equilibrium.records import PriceFragility


def price_fragility(
    delta: Any,
    cost: Any,
    alpha: float,
    owner: Sequence[Hashable] | None = None,
    *,
    market: float = 1.0,
    log_outside: float = 0.0,
) -> PriceFragility:
    """Return competitive, joint and deviation profits and the critical discount factors.

    The critical discount factor is ``(pi_D - pi_M)/(pi_D - pi_N)``, with a return to competition
    for ever as the threat (Friedman 1971, Review of Economic Studies 38(1)).

    Args:
        delta: utility at a price of 0, ``(J,)``.
        cost: USD/1k, a figure or ``(J,)``.
        alpha: per USD/1k.
        owner: firm of each product, ``(J,)``; ``None``: each product is a firm of its own.
        market: M, thousand requests a month.
        log_outside: ``ln`` of the weight of everything else.

    Raises:
        UndercutError: figures out of range, shapes that do not fit, or fewer than two firms.
    """
    collect(positive("alpha", alpha), number("log_outside", log_outside))
    rivals = nash_logit(delta, cost, alpha, owner, market=market, log_outside=log_outside)
    d = np.asarray(delta, dtype=np.float64)
    if d.ndim != 1 or len(rivals.firms) < 2:
        raise fail(
            "equilibrium-firms",
            expected="one market with at least two firms",
            found=f"{len(rivals.firms)} firms, delta of shape {d.shape}",
            where="owner",
        )
    c = np.broadcast_to(np.asarray(cost, dtype=np.float64), d.shape)
    joint = nash_logit(d, c, alpha, ["all"] * len(d), market=market, log_outside=log_outside)
    owners = list(range(len(d))) if owner is None else list(owner)
    mine = [np.array([o == f for o in owners]) for f in rivals.firms]
    v = d - alpha * joint.price
    deviation, price = np.zeros(len(mine)), np.zeros(len(d))
    for f, own in enumerate(mine):
        rest = float(np.logaddexp.reduce(np.append(v[~own], log_outside)))
        reply = best_replies(d[own], c[own], alpha, rest, market=market)
        deviation[f], price[own] = float(reply.profit), reply.price
    shared = np.array([joint.profit[own].sum() for own in mine])
    return PriceFragility(
        firms=rivals.firms,
        competitive=rivals.firm_profit,
        joint=shared,
        deviation=deviation,
        critical_discount=_critical(rivals.firm_profit, shared, deviation),
        joint_price=joint.price,
        deviation_price=price,
    )


def _critical(competitive: Array, joint: Array, deviation: Array) -> list[float | None]:
    found: list[float | None] = []
    for n, m, d in zip(competitive.tolist(), joint.tolist(), deviation.tolist(), strict=True):
        found.append(max(d - m, 0.0) / (d - n) if d > n and m > n else None)
    return found
