"""Keeping a rival out by price, and driving one out: whether either pays.

Both are described so that a founder sees what a large rival may do, and what it would cost it.
Pricing below cost to drive a rival out is unlawful for dominant firms in most places.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from undercut.core.types import Record
from undercut.economics.checks import (
    between,
    collect,
    not_negative,
    number,
    positive,
    probability,
)
from undercut.economics.demand import best_reply, gross_profit
from undercut.economics.equilibrium.logit import nash_logit
from undercut.economics.records import Demand
from undercut.economics.scalars import of_scalars


class Limit(Record):
    """The highest price of the incumbent at which an entrant does not earn its entry cost."""

    limit_usd_per_1k: float | None = Field(description="None: no price of ours keeps it out")
    blockaded: bool = Field(description="the entrant stays out even at our best price alone")
    alone_usd_per_1k: float = Field(description="our best price with no entrant")
    profit_alone_usd_per_month: float
    profit_limit_usd_per_month: float | None = Field(description="at the limit price, alone")
    accommodate_usd_per_1k: float = Field(description="our price beside the entrant")
    profit_accommodate_usd_per_month: float
    entrant_profit_usd_per_month: float = Field(description="if let in, before the entry cost")
    deterrence_pays: bool = Field(description="keeping it out earns more than living beside it")
    verdict: str


@of_scalars
def limit_price(
    incumbent_delta: float,
    incumbent_usd_per_1k: float,
    entrant_delta: float,
    entrant_usd_per_1k: float,
    alpha: float,
    market_1k_per_month: float,
    entry_cost_usd: float,
    rate_per_month: float,
    log_outside: float = 0.0,
) -> Limit:
    """Return the limit price and whether it pays.

    The entrant stays out when its best reply earns at most the interest on its entry cost,
    ``F r``. With ``W = alpha F r / M`` that needs ``A = T_e/(W e^(1+W)) - e^outside`` of utility
    from us, so ``p_L = (delta_i - ln A)/alpha``.

    Args:
        incumbent_delta: our utility at a price of 0.
        incumbent_usd_per_1k: our variable cost.
        entrant_delta: the entrant's utility at a price of 0.
        entrant_usd_per_1k: its variable cost.
        alpha: per USD/1k.
        market_1k_per_month: M, thousand requests a month.
        entry_cost_usd: F, what entering costs once.
        rate_per_month: r, what the entrant asks of its money.
        log_outside: ``ln`` of the weight of everything else.

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    collect(
        number("incumbent_delta", incumbent_delta),
        not_negative("incumbent_usd_per_1k", incumbent_usd_per_1k),
        number("entrant_delta", entrant_delta),
        not_negative("entrant_usd_per_1k", entrant_usd_per_1k),
        positive("alpha", alpha),
        positive("market_1k_per_month", market_1k_per_month),
        positive("entry_cost_usd", entry_cost_usd),
        positive("rate_per_month", rate_per_month),
        number("log_outside", log_outside),
    )
    asked = entry_cost_usd * rate_per_month
    w = alpha * asked / market_1k_per_month
    log_needed = (
        entrant_delta - alpha * entrant_usd_per_1k - np.log(w) - 1.0 - w
    )  # ln(A + e^outside)
    alone = _alone(incumbent_delta, incumbent_usd_per_1k, alpha, market_1k_per_month, log_outside)
    both = nash_logit(
        [incumbent_delta, entrant_delta],
        [incumbent_usd_per_1k, entrant_usd_per_1k],
        alpha,
        market=market_1k_per_month,
        log_outside=log_outside,
    )
    beside = float(both.profit[0])
    limit: float | None = None
    blockaded = log_needed <= log_outside
    if not blockaded:
        log_a = log_needed + np.log(-np.expm1(min(log_outside - log_needed, -1e-300)))
        limit = float((incumbent_delta - log_a) / alpha)
        blockaded = limit >= alone[0]
    kept = alone[1]
    if limit is not None and not blockaded:
        kept = _profit(
            incumbent_delta, incumbent_usd_per_1k, alpha, market_1k_per_month, log_outside, limit
        )
    pays = kept > beside
    return Limit(
        limit_usd_per_1k=limit,
        blockaded=bool(blockaded),
        alone_usd_per_1k=alone[0],
        profit_alone_usd_per_month=alone[1],
        profit_limit_usd_per_month=kept,
        accommodate_usd_per_1k=float(both.price[0]),
        profit_accommodate_usd_per_month=beside,
        entrant_profit_usd_per_month=float(both.profit[1]),
        deterrence_pays=bool(pays),
        verdict=_verdict(bool(blockaded), bool(pays), limit, incumbent_usd_per_1k),
    )


def _verdict(blockaded: bool, pays: bool, limit: float | None, cost: float) -> str:
    if blockaded:
        return "The entrant stays out by itself: entry does not pay even at our best price."
    if limit is not None and limit < cost:
        return (
            "Keeping the entrant out needs a price below variable cost: living beside it is better."
        )
    if pays:
        return "A price that keeps the entrant out earns more than living beside it."
    return "Living beside the entrant earns more than a price that keeps it out."


class Recoupment(Record):
    """Whether a price below cost would ever be earned back."""

    lost_usd: float = Field(description="profit given up during the war, with interest to its end")
    gain_usd_per_month: float = Field(description="what having no rival adds afterwards")
    months: float | None = Field(description="until the loss is earned back; None: never")
    verdict: str


@of_scalars
def recoupment(
    war_profit_usd_per_month: float,
    peace_profit_usd_per_month: float,
    afterwards_profit_usd_per_month: float,
    war_months: float,
    rate_per_month: float,
    reentry_per_month: float = 0.0,
) -> Recoupment:
    """Return the months after a price war until its cost is earned back.

    The loss is what peace would have earned more, with interest to the war's end; the gain is what
    selling alone earns more than peace, for as long as nobody (re-)enters.

    Args:
        war_profit_usd_per_month: during the war, usually negative.
        peace_profit_usd_per_month: beside the rival.
        afterwards_profit_usd_per_month: without it.
        war_months: length of the war.
        rate_per_month: of interest, at least 0.
        reentry_per_month: chance a month that someone takes the rival's place for good.

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    collect(
        number("war_profit_usd_per_month", war_profit_usd_per_month),
        number("peace_profit_usd_per_month", peace_profit_usd_per_month),
        number("afterwards_profit_usd_per_month", afterwards_profit_usd_per_month),
        between("war_months", war_months, 1e-6, 10_000.0),
        probability("rate_per_month", rate_per_month),
        probability("reentry_per_month", reentry_per_month),
    )
    given_up = peace_profit_usd_per_month - war_profit_usd_per_month
    if rate_per_month > 0:
        grown = np.expm1(min(war_months * np.log1p(rate_per_month), 600.0)) / rate_per_month
    else:
        grown = war_months
    lost = float(given_up * grown)
    gain = afterwards_profit_usd_per_month - peace_profit_usd_per_month
    if lost <= 0:
        return Recoupment(
            lost_usd=lost, gain_usd_per_month=gain, months=0.0, verdict="The war costs nothing."
        )
    months: float | None = None
    if gain > 0 and reentry_per_month < 1:
        # sum_{t=1}^{n} x^t with x = (1 - h)/(1 + r), within a month by the same formula.
        log_x = np.log1p(-reentry_per_month) - np.log1p(rate_per_month)
        if log_x == 0:
            months = lost / gain
        else:
            rest = lost / gain * -np.expm1(log_x) / np.exp(log_x)
            months = float(np.log1p(-rest) / log_x) if rest < 1 else None
    if months is None:
        return Recoupment(
            lost_usd=lost,
            gain_usd_per_month=gain,
            months=None,
            verdict="The loss is never earned back: the rival that prices so cannot gain by it.",
        )
    return Recoupment(
        lost_usd=lost,
        gain_usd_per_month=gain,
        months=months,
        verdict=f"The loss is earned back {months:.3g} months after the war, if nobody enters.",
    )


def _alone(
    delta: float, cost: float, alpha: float, market: float, log_outside: float
) -> tuple[float, float]:
    best = best_reply(_demand(delta, alpha, market, log_outside), cost)
    return best.price_usd_per_1k, best.gross_profit_usd_per_month


def _profit(
    delta: float, cost: float, alpha: float, market: float, log_outside: float, price: float
) -> float:
    return gross_profit(_demand(delta, alpha, market, log_outside), price, cost)


def _demand(delta: float, alpha: float, market: float, log_outside: float) -> Demand:
    # Only the difference counts, and Demand takes no outside weight below 1.
    return Demand(
        alpha=alpha, delta=delta - log_outside, log_outside=0.0, market_1k_per_month=market
    )
