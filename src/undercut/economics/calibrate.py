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
from pydantic import Field
from scipy.special import ndtri, stdtrit

from undercut.core.errors import Problem, UndercutError, fail
from undercut.core.types import Record
from undercut.economics.arrays import Array, Arrays, codes
from undercut.economics.checks import collect, fraction
from undercut.economics.demand import alpha_from_elasticity
from undercut.economics.records import Demand

STEPS = 200
UNPINNED = "shares at their limits, or prices that hardly move or move together"
FIX = "The price may have followed the demand; use rows where it moved for other reasons."


class Estimate(Record):
    """A fitted figure with its uncertainty."""

    name: str
    value: float
    standard_error: float
    low: float = Field(description="of the 95 % interval")
    high: float


class DemandFit(Record):
    """Logit demand fitted to rows."""

    alpha: Estimate = Field(description="price sensitivity, per USD/1k")
    deltas: list[Estimate] = Field(description="utility at a price of 0 of each product")
    covariance: list[list[float]] = Field(description="of alpha and the deltas, in that order")
    log_likelihood: float
    dispersion: float = Field(description="scatter over what counting gives; 1 is pure counting")
    rows: int
    markets: int

    def demand(
        self, market_1k_per_month: float, product: int = 0, log_outside: float = 0.0
    ) -> Demand:
        """Return the demand of one of the products against everything else."""
        return Demand(
            alpha=self.alpha.value,
            delta=self.deltas[product].value,
            log_outside=log_outside,
            market_1k_per_month=market_1k_per_month,
        )


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
    theta, information, value = _newton(x, q, m, t, o)
    covariance = np.linalg.inv(information)
    s, _ = _row_shares(x @ theta, t, o, count)
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


def _row_shares(v: Array, t: Array, o: Array, count: int) -> tuple[Array, Array]:
    """Return each row's share and the logarithm of each market's denominator."""
    top = o.copy()
    np.maximum.at(top, t, v)
    weight = np.exp(v - top[t])
    total = np.bincount(t, weights=weight, minlength=count) + np.exp(o - top)
    return weight / total[t], top + np.log(total)


def _newton(x: Array, q: Array, m: Array, t: Array, o: Array) -> tuple[Array, Array, float]:
    """Maximise the concave likelihood; return the top, the information there, and its value."""
    count, k = len(m), x.shape[1]
    # Prices of any size: work in a unit in which they are about 1.
    scale = np.ones(k)
    scale[0] = max(float(np.abs(x[:, 0]).max()), 1e-300)
    z = x / scale
    left = np.maximum(m - np.bincount(t, weights=q, minlength=count), 0.0)
    theta = np.zeros(k)
    mean = np.log(
        np.maximum(q.sum(), 1e-300) / np.maximum(left.sum(), 1e-300) / max(len(q) / count, 1)
    )
    theta[1:] = mean + float(o.mean())

    def likelihood(th: Array) -> float:
        v = z @ th
        _, log_total = _row_shares(v, t, o, count)
        return float((q * (v - log_total[t])).sum() + (left * (o - log_total)).sum())

    value = likelihood(theta)
    information = np.eye(k)
    for _ in range(STEPS):
        s, _ = _row_shares(z @ theta, t, o, count)
        gradient = z.T @ (q - m[t] * s)
        weighted = z * (m[t] * s)[:, None]
        mean_x = np.zeros((count, k))
        np.add.at(mean_x, t, z * s[:, None])
        information = z.T @ weighted - (mean_x * m[:, None]).T @ mean_x
        try:
            move = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            raise unidentified(UNPINNED) from None
        step, better = 1.0, -np.inf
        while step > 1e-10:
            better = likelihood(theta + step * move)
            if np.isfinite(better) and better >= value - 1e-12 * abs(value):
                break
            step *= 0.5
        theta, value = theta + step * move, max(better, value)
        if np.abs(theta).max() > 1e4:
            raise unidentified(UNPINNED)
        if np.abs(step * move).max() <= 1e-10 * max(1.0, float(np.abs(theta).max())):
            break
    if np.linalg.cond(information) > 1e13:
        raise unidentified(UNPINNED)
    return theta / scale, information * np.outer(scale, scale), value


def student(confidence: float, freedom: int) -> float:
    """Return the half-width in standard errors; the spread was estimated too."""
    return float(stdtrit(freedom, 0.5 + confidence / 2))


def unidentified(found: str) -> UndercutError:
    """Return the error for rows that do not say what demand is."""
    return fail(
        "demand-rows",
        expected="more rows than figures to fit, with prices that differ",
        found=found,
        where="price_usd_per_1k",
        fix="Add months in which the price was another one.",
    )
