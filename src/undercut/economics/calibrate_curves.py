"""Demand curves of one product fitted to rows of price and volume: a line, constant elasticity."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from undercut.core.errors import Problem, fail
from undercut.core.types import Record
from undercut.economics.arrays import Array, Arrays
from undercut.economics.checks import collect, fraction, positive
from undercut.economics.estimates import FIX, STEPS, Estimate, student, unidentified


class CurveFit(Record):
    """A demand curve of one product fitted to rows."""

    level: Estimate = Field(
        description="line: volume at a price of 0; else: ln of the volume at a price of 1"
    )
    slope: Estimate = Field(description="line: volume that a USD/1k takes; else the elasticity")
    dispersion: float
    rows: int


def fit_linear(price_usd_per_1k: Any, volume_1k: Any, confidence: float = 0.95) -> CurveFit:
    """Fit ``q = a - b p`` by least squares: maximum likelihood with normal errors.

    Raises:
        UndercutError: figures out of range, prices that never move, or a slope of the wrong sign.
    """
    p, q = _curve_rows(price_usd_per_1k, volume_1k, confidence)
    x = np.column_stack([np.ones(len(p)), -(p - p.mean())])
    inverse = np.linalg.inv(x.T @ x)
    theta = inverse @ (x.T @ q)
    spread = float(((q - x @ theta) ** 2).sum() / (len(p) - 2))
    # Back from the centred price: a = level + b * mean.
    back = np.array([[1.0, p.mean()], [0.0, 1.0]])
    theta, covariance = back @ theta, spread * back @ inverse @ back.T
    width = student(confidence, len(p) - 2)
    return _curve(theta, covariance, width, spread, len(p))


def fit_constant_elasticity(
    price_usd_per_1k: Any, volume_1k: Any, confidence: float = 0.95
) -> CurveFit:
    """Fit ``q = A p^-e`` by Poisson pseudo-maximum likelihood with estimated dispersion.

    Keeps months without a sale, which a regression of logarithms cannot (Santos Silva and Tenreyro
    2006, Review of Economics and Statistics 88(4)).

    Raises:
        UndercutError: figures out of range, prices that never move, or a slope of the wrong sign.
    """
    p, q = _curve_rows(price_usd_per_1k, volume_1k, confidence)
    collect(*(positive("price_usd_per_1k", v) for v in p.tolist()))
    if q.sum() <= 0:
        collect(Problem("a volume above 0", "none in any row", "volume_1k"))
    middle = np.log(p).mean()
    x = np.column_stack([np.ones(len(p)), -(np.log(p) - middle)])
    theta = np.array([np.log(q.mean()), 0.0])
    information = x.T @ x

    def likelihood(th: Array) -> float:
        eta = np.clip(x @ th, -600.0, 600.0)
        return float((q * eta - np.exp(eta)).sum())

    value = likelihood(theta)
    for _ in range(STEPS):
        mu = np.exp(np.clip(x @ theta, -600.0, 600.0))
        information = x.T @ (x * mu[:, None])
        move = np.linalg.solve(information, x.T @ (q - mu))
        step = 1.0
        while step > 1e-10 and likelihood(theta + step * move) < value - 1e-12 * abs(value):
            step *= 0.5
        theta = theta + step * move
        value = likelihood(theta)
        if np.abs(step * move).max() < 1e-11:
            break
        if np.abs(theta[1]) > 1e4:
            raise unidentified("volumes that vanish at some price")
    mu = np.exp(np.clip(x @ theta, -600.0, 600.0))
    dispersion = float(((q - mu) ** 2 / mu).sum() / (len(p) - 2))
    back = np.array([[1.0, middle], [0.0, 1.0]])
    covariance = dispersion * back @ np.linalg.inv(information) @ back.T
    width = student(confidence, len(p) - 2)
    return _curve(back @ theta, covariance, width, dispersion, len(p))


def _curve_rows(price: Any, volume: Any, confidence: float) -> tuple[Array, Array]:
    read = Arrays()
    p = np.atleast_1d(read.not_negative("price_usd_per_1k", price))
    q = np.atleast_1d(read.not_negative("volume_1k", volume))
    read.problems.append(fraction("confidence", confidence))
    read.expect(p.shape == q.shape and p.ndim == 1, "one volume a price", f"{q.shape}", "volume_1k")
    read.done()
    if len(p) < 3:
        raise unidentified(f"{len(p)} rows for 2 figures")
    if np.ptp(p) <= 1e-9 * max(float(p.max()), 1e-300):
        raise unidentified("the same price in every row")
    return p, q


def _curve(theta: Array, covariance: Array, width: float, dispersion: float, rows: int) -> CurveFit:
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if theta[1] <= 0:
        raise fail(
            "demand-slope",
            expected="volumes that fall as the price rises",
            found=f"a slope of {-theta[1]:.4g} (standard error {errors[1]:.2g})",
            where="volume_1k",
            fix=FIX,
        )
    level, slope = (
        Estimate(
            name=name,
            value=float(v),
            standard_error=float(e),
            low=float(v - width * e),
            high=float(v + width * e),
        )
        for name, v, e in zip(("level", "slope"), theta, errors, strict=True)
    )
    return CurveFit(level=level, slope=slope, dispersion=dispersion, rows=rows)
