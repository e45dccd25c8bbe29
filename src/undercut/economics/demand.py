"""Logit demand with an outside option, and the best price against rivals that stand still.

Buyers compare generalised prices. Accuracy and latency are measured; the value of a request, the
cost of an error and above all ``alpha`` are assumptions, and any report must say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit, logsumexp, wrightomega

from undercut.core.errors import fail
from undercut.economics.checks import collect, fraction, not_negative, number, positive, probability
from undercut.economics.records import BestReply, Demand
from undercut.economics.scalars import of_scalars


@of_scalars
def generalised_price(
    price_usd_per_1k: float,
    accuracy: float,
    usd_per_error: float,
    latency_ms: float = 0.0,
    usd_per_1k_per_ms: float = 0.0,
) -> float:
    """Return ``p + 1000 * usd_per_error * (1 - accuracy) + cost of waiting``, in USD/1k.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    collect(
        number("price_usd_per_1k", price_usd_per_1k),
        probability("accuracy", accuracy),
        not_negative("usd_per_error", usd_per_error),
        not_negative("latency_ms", latency_ms),
        not_negative("usd_per_1k_per_ms", usd_per_1k_per_ms),
    )
    errors = 1000.0 * usd_per_error * (1.0 - accuracy)
    return price_usd_per_1k + errors + usd_per_1k_per_ms * latency_ms


@of_scalars
def utility(alpha: float, value_usd_per_1k: float, generalised_usd_per_1k: float) -> float:
    """Return ``alpha * (V - g)``; with ``g`` at a price of 0 it is ``delta``.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    collect(
        positive("alpha", alpha),
        number("value_usd_per_1k", value_usd_per_1k),
        number("generalised_usd_per_1k", generalised_usd_per_1k),
    )
    return alpha * (value_usd_per_1k - generalised_usd_per_1k)


@of_scalars
def log_outside(rival_utilities: Sequence[float]) -> float:
    """Return ``ln(1 + sum e^v)`` over rivals: what the buyer could do instead.

    Raises:
        UndercutError: a utility is not a finite number.
    """
    collect(*(number(f"rival_utilities[{i}]", v) for i, v in enumerate(rival_utilities)))
    return float(logsumexp(np.array([0.0, *rival_utilities])))


@of_scalars
def alpha_from_elasticity(elasticity: float, price_usd_per_1k: float, share: float) -> float:
    """Return ``|eta| / (p (1 - s))``, the price sensitivity behind an observed own elasticity.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    size = abs(elasticity) if number("elasticity", elasticity) is None else elasticity
    collect(
        positive("elasticity (absolute)", size),
        positive("price_usd_per_1k", price_usd_per_1k),
        fraction("share", share),
    )
    return size / (price_usd_per_1k * (1.0 - share))


def _check(demand: Demand, cost: float) -> None:
    collect(
        positive("alpha", demand.alpha),
        number("delta", demand.delta),
        not_negative("log_outside", demand.log_outside),
        positive("market_1k_per_month", demand.market_1k_per_month),
        not_negative("cost_usd_per_1k", cost),
    )


@of_scalars
def share_at(demand: Demand, price_usd_per_1k: float) -> float:
    """Return the share of the market bought at a price.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    _check(demand, 0.0)
    collect(number("price_usd_per_1k", price_usd_per_1k))
    return float(expit(demand.delta - demand.alpha * price_usd_per_1k - demand.log_outside))


@of_scalars
def gross_profit(demand: Demand, price_usd_per_1k: float, cost_usd_per_1k: float) -> float:
    """Return ``M s(p) (p - v)`` in USD a month.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    _check(demand, cost_usd_per_1k)
    sold = demand.market_1k_per_month * share_at(demand, price_usd_per_1k)
    return sold * (price_usd_per_1k - cost_usd_per_1k)


@of_scalars
def best_reply(
    demand: Demand, cost_usd_per_1k: float, capacity_1k_per_month: float | None = None
) -> BestReply:
    """Return the profit-maximising price when rivals keep theirs.

    ``markup = (1 + W)/alpha`` with ``W = W0(e^(delta - alpha c - 1) / A)``, ``s = W/(1 + W)`` and
    profit ``M W/alpha``. Wright's omega gives ``W`` without forming the exponential. Where that
    would sell more than the capacity ``K``, the price is the one at which exactly ``K`` is bought,
    as if cost were ``c + lambda``.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    _check(demand, cost_usd_per_1k)
    if capacity_1k_per_month is not None:
        collect(positive("capacity_1k_per_month", capacity_1k_per_month))
    log_t = demand.delta - demand.alpha * cost_usd_per_1k
    w = float(wrightomega(log_t - demand.log_outside - 1.0))
    markup = (1.0 + w) / demand.alpha
    share = w / (1.0 + w)
    limit = 1.0
    if capacity_1k_per_month is not None:
        limit = capacity_1k_per_month / demand.market_1k_per_month
    if limit < share:
        price = (demand.delta - demand.log_outside - float(logit(limit))) / demand.alpha
        return BestReply(
            price_usd_per_1k=price,
            markup_usd_per_1k=price - cost_usd_per_1k,
            share=limit,
            requests_1k_per_month=demand.market_1k_per_month * limit,
            gross_profit_usd_per_month=demand.market_1k_per_month
            * limit
            * (price - cost_usd_per_1k),
            w=w,
            multiplier_usd_per_1k=price - cost_usd_per_1k - 1.0 / (demand.alpha * (1.0 - limit)),
        )
    return BestReply(
        price_usd_per_1k=cost_usd_per_1k + markup,
        markup_usd_per_1k=markup,
        share=share,
        requests_1k_per_month=demand.market_1k_per_month * share,
        gross_profit_usd_per_month=demand.market_1k_per_month * w / demand.alpha,
        w=w,
    )


@of_scalars
def linear_price(choke_usd_per_1k: float, cost_usd_per_1k: float) -> float:
    """Return the monopoly price ``(a + c)/2`` on linear demand that ends at the choke price.

    Raises:
        UndercutError: an input is out of range, or the choke price is below cost.
    """
    collect(
        positive("choke_usd_per_1k", choke_usd_per_1k),
        not_negative("cost_usd_per_1k", cost_usd_per_1k),
    )
    if choke_usd_per_1k <= cost_usd_per_1k:
        raise fail(
            "demand-no-sale",
            expected=f"a choke price above the cost of {cost_usd_per_1k:g} USD/1k",
            found=f"{choke_usd_per_1k:g}",
            where="choke_usd_per_1k",
        )
    return (choke_usd_per_1k + cost_usd_per_1k) / 2.0


@of_scalars
def constant_elasticity_price(cost_usd_per_1k: float, elasticity: float) -> float:
    """Return ``c e/(e - 1)``, the price under constant elasticity ``e > 1`` (in absolute value).

    Raises:
        UndercutError: an input is out of range; at ``e <= 1`` there is no best price.
    """
    collect(
        positive("cost_usd_per_1k", cost_usd_per_1k),
        number("elasticity", elasticity),
    )
    if elasticity <= 1 or math.isclose(elasticity, 1.0):
        raise fail(
            "demand-inelastic",
            expected="an elasticity above 1, or profit grows with price for ever",
            found=f"{elasticity:g}",
            where="elasticity",
        )
    return cost_usd_per_1k * elasticity / (elasticity - 1.0)
