"""Demand from what was seen: rows of price and volume, or a belief about the elasticity.

Maximum likelihood with standard errors from the information matrix. Volumes scatter more than
counting allows; the spread that is left (Pearson's statistic over its degrees of freedom) widens
the errors, as in McCullagh and Nelder, *Generalized Linear Models*, section 4.5. Prices set in
answer to demand bias every one of these fits: use rows in which they moved for other reasons.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from undercut.core.errors import fail
from undercut.economics.alpha_prior import AlphaPrior as AlphaPrior
from undercut.economics.alpha_prior import alpha_from_prior as alpha_from_prior
from undercut.economics.arrays import Arrays, codes
from undercut.economics.checks import fraction
from undercut.economics.estimates import FIX, DemandFit, Estimate, student, unidentified
from undercut.economics.likelihood import highest, row_shares


def fit_logit(
    price_usd_per_1k: Any,
    volume_1k: Any,
    market_1k: Any,
    product: Sequence[Hashable] | None = None,
    market: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
    log_outside: Any = 0.0,
) -> DemandFit:
    """Fit ``s_jt`` proportional to ``e^(delta_j - alpha p_jt)`` to rows by maximum likelihood.

    Rows of one market (a month, a region) are choices beside each other; what they leave of its
    size chose none of them. The likelihood is concave: Newton's method finds its only top.

    Args:
        price_usd_per_1k: price in each row, ``(n,)``.
        volume_1k: volume sold in each row, ``(n,)``; any unit, the same as the market's. For errors
            by counting it must be counts; the dispersion corrects for other units.
        market_1k: size of the row's market, a figure or ``(n,)``; volumes may not exceed it.
        product: name of the product in each row; ``None``: one product.
        market: name of the market of each row; ``None``: each row is a market of its own.
        confidence: of the intervals.
        log_outside: utility of everything else in the row's market, a figure or ``(n,)``: give
            ``ln(1 + sum e^v)`` of rivals where their prices are known.

    Raises:
        UndercutError: figures out of range; prices that never move; or a price that sells more
            when it is higher.
    """
    read = Arrays()
    p = np.atleast_1d(read.not_negative("price_usd_per_1k", price_usd_per_1k))
    q = np.atleast_1d(read.not_negative("volume_1k", volume_1k))
    size = read.positive("market_1k", market_1k)
    rest = read.number("log_outside", log_outside)
    read.problems.append(fraction("confidence", confidence))
    read.done()
    n = len(p)
    names = ["product"] * n if product is None else list(product)
    times = list(range(n)) if market is None else list(market)
    for name, given in (("volume_1k", len(q)), ("product", len(names)), ("market", len(times))):
        read.expect(given == n, f"{n} rows", str(given), name)
    for title, array in (("market_1k", size), ("log_outside", rest)):
        read.expect(array.size in (1, n), f"one figure, or {n}", f"shape {array.shape}", title)
    read.done()
    j, products = codes(names)
    t, found_markets = codes(times)
    count = len(found_markets)
    m_row = np.broadcast_to(size.reshape(-1), (n,))
    o_row = np.broadcast_to(rest.reshape(-1), (n,))
    m, o = np.zeros(count), np.zeros(count)
    m[t], o[t] = m_row, o_row
    read.expect(np.all(m[t] == m_row), "one size a market", "several", "market_1k")
    read.expect(np.all(o[t] == o_row), "one figure a market", "several", "log_outside")
    pairs = set(zip(j.tolist(), t.tolist(), strict=True))
    read.expect(
        len(pairs) == n, "one row for each product and market", f"{n - len(pairs)} more", "product"
    )
    sold = np.bincount(t, weights=q, minlength=count)
    over = np.flatnonzero(sold > m * (1 + 1e-12))
    read.expect(
        not len(over),
        "volumes of at most the market",
        f"{sold[over[:1]]} of {m[over[:1]]}",
        "volume_1k",
    )
    each = np.bincount(j, weights=q, minlength=len(products))
    for i, known in enumerate(products):
        read.expect(each[i] > 0, f"a volume above 0 of {known}", "none in any row", "volume_1k")
    read.expect(sold.sum() < m.sum(), "markets larger than what was sold", "none", "market_1k")
    read.done()
    k = len(products) + 1
    if n < k + 1:
        raise unidentified(f"{n} rows for {k} figures")
    x = np.zeros((n, k))
    x[:, 0], x[np.arange(n), 1 + j] = -p, 1.0
    within = p - (np.bincount(j, weights=p) / np.bincount(j))[j]
    if np.abs(within).max() <= 1e-9 * max(float(p.max()), 1e-300):
        raise unidentified("the same price in every row of a product")
    theta, information, value = highest(x, q, m, t, o)
    covariance = np.linalg.inv(information)
    s, _ = row_shares(x @ theta, t, o, count)
    idle = 1.0 - np.bincount(t, weights=s, minlength=count)
    left = np.maximum(m - sold, 0.0)
    pearson = float(((q - m[t] * s) ** 2 / np.maximum(m[t] * s, 1e-300)).sum())
    pearson += float(((left - m * idle) ** 2 / np.maximum(m * idle, 1e-300)).sum())
    dispersion = pearson / (n - k)
    covariance = covariance * dispersion
    if theta[0] <= 0:
        raise fail(
            "demand-slope",
            expected="volumes that fall as the price rises",
            found=f"alpha = {theta[0]:.4g} (standard error {np.sqrt(covariance[0, 0]):.2g})",
            where="volume_1k",
            fix=FIX,
        )
    z = student(confidence, n - k)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    estimates = [
        Estimate(
            name=str(name),
            value=float(v),
            standard_error=float(e),
            low=float(v - z * e),
            high=float(v + z * e),
        )
        for name, v, e in zip(["alpha", *products], theta, errors, strict=True)
    ]
    return DemandFit(
        alpha=estimates[0],
        deltas=estimates[1:],
        covariance=covariance.tolist(),
        log_likelihood=value,
        dispersion=dispersion,
        rows=n,
        markets=count,
    )
