"""What another label is worth: a learning curve, its marginal value, the best number of labels.

The curve is ``e(n) = c + a * n**-b``: the error after ``n`` labelled rows falls as a power law
towards ``c``, the error no number of labels of this kind removes (Hestness et al. 2017,
arXiv:1712.00409, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import curve_fit
from scipy.special import ndtri

from undercut.core.errors import Problem, fail
from undercut.economics.checks import collect, fraction, not_negative, positive, probability
from undercut.economics.records import BestLabels, CurveValue, LearningCurve

LEAST_POINTS = 4
"""Different sizes needed: one more than the curve has parameters."""
EXTRAPOLATION = 4.0
"""Times the largest size seen up to which the curve is read without a warning."""
STEEPEST = 3.0


def fit_learning_curve(
    sizes: Sequence[float],
    errors: Sequence[float],
    rows_scored: Sequence[float] | None = None,
) -> LearningCurve:
    """Fit ``e(n) = c + a * n**-b`` to errors measured after growing numbers of labels.

    Args:
        sizes: labelled rows learnt from, ``(k,)``, at least four different ones.
        errors: share of wrong answers after each, ``(k,)``.
        rows_scored: rows each error was counted on, ``(k,)``; gives the points their binomial
            standard errors. Without it the scatter around the curve gives them.

    Returns:
        The parameters with the covariance of ``(ln a, b, c)``.

    Raises:
        UndercutError: too few sizes, or figures out of range; or points no such curve fits.
    """
    n, e = np.asarray(sizes, float), np.asarray(errors, float)
    collect(
        Problem(f"at least {LEAST_POINTS} different sizes", str(len(set(n.tolist()))), "sizes")
        if len(set(n.tolist())) < LEAST_POINTS
        else None,
        Problem("one error a size", f"{len(e)} for {len(n)}", "errors")
        if len(e) != len(n)
        else None,
        *(positive("sizes", v) for v in n.tolist()),
        *(probability("errors", v) for v in e.tolist()),
        *(positive("rows_scored", v) for v in rows_scored or ()),
    )
    sigma = None
    if rows_scored is not None:
        m = np.asarray(rows_scored, float)
        smoothed = (e * m + 1) / (m + 2)  # no point is certain, however few errors it shows
        sigma = np.sqrt(smoothed * (1 - smoothed) / m)
    floor = 0.5 * float(e.min())
    slope = 0.5
    start = (float(np.log(max(e.max() - floor, 1e-9))) + slope * float(np.log(n.min())), slope)
    try:
        found, covariance = curve_fit(
            _curve,
            n,
            e,
            p0=(*start, floor),
            sigma=sigma,
            absolute_sigma=sigma is not None,
            bounds=([-np.inf, 0.0, 0.0], [np.inf, STEEPEST, 1.0]),
            ftol=1e-15,
            xtol=1e-15,
            gtol=1e-15,
            max_nfev=20_000,
        )
    except (RuntimeError, ValueError) as problem:
        raise fail(
            "curve-fit",
            expected="errors that fall towards a floor as labels are added",
            found=str(problem),
            where="errors",
            fix="Measure more sizes, or larger ones.",
        ) from None
    log_a, b, c = (float(x) for x in found)
    return LearningCurve(
        a=float(np.exp(log_a)),
        b=b,
        c=c,
        covariance=covariance.tolist(),
        largest=float(n.max()),
        points=len(n),
    )


def _curve(n: np.ndarray, log_a: float, b: float, c: float) -> np.ndarray:
    return np.asarray(c + np.exp(log_a - b * np.log(n)))


def _slopes(curve: LearningCurve, n: float) -> np.ndarray:
    """Return the derivatives of ``e(n)`` by ``ln a``, ``b`` and ``c``, ``(3,)``."""
    falling = curve.a * n**-curve.b
    return np.array([falling, -falling * np.log(n), 1.0])


def error_after(curve: LearningCurve, n: float) -> float:
    """Return the expected share of wrong answers after ``n`` labels."""
    collect(positive("n", n))
    return float(curve.c + curve.a * n**-curve.b)


def worth_of_more(
    curve: LearningCurve,
    n: float,
    more: float,
    usd_per_label: float,
    value_usd: float,
    confidence: float = 0.95,
) -> CurveValue:
    """Return what ``more`` labels on top of ``n`` are expected to bring and to cost.

    The interval of the fall in error carries the covariance of the fit (delta method); it says
    nothing about whether the power law goes on.

    Args:
        curve: the fitted curve.
        n: labels there are.
        more: labels to add.
        usd_per_label: price of one.
        value_usd: what an error rate of 1 costs over the horizon: requests times USD an error.
        confidence: of the interval.

    Raises:
        UndercutError: an input is out of range.
    """
    collect(
        positive("n", n),
        positive("more", more),
        not_negative("usd_per_label", usd_per_label),
        not_negative("value_usd", value_usd),
        fraction("confidence", confidence),
    )
    fall = error_after(curve, n) - error_after(curve, n + more)
    slope = _slopes(curve, n) - _slopes(curve, n + more)
    variance = float(slope @ np.asarray(curve.covariance) @ slope)
    spread = float(ndtri(0.5 + confidence / 2)) * float(np.sqrt(max(variance, 0.0)))
    known = bool(np.isfinite(spread))
    return CurveValue(
        labels=n + more,
        error=error_after(curve, n + more),
        fall=fall,
        fall_low=max(fall - spread, 0.0) if known else None,
        fall_high=fall + spread if known else None,
        gain_usd=value_usd * fall,
        cost_usd=usd_per_label * more,
        extrapolated=n + more > EXTRAPOLATION * curve.largest,
    )


def best_labels(curve: LearningCurve, value_usd: float, usd_per_label: float) -> BestLabels:
    """Return the number of labels at which the next one costs what it brings.

    ``n* = (a b V / p)**(1 / (1 + b))`` minimises ``V e(n) + p n``.

    Args:
        curve: the fitted curve.
        value_usd: V, what an error rate of 1 costs over the horizon, USD.
        usd_per_label: p, USD.

    Raises:
        UndercutError: an input is out of range.
    """
    collect(positive("value_usd", value_usd), positive("usd_per_label", usd_per_label))
    n = (curve.a * curve.b * value_usd / usd_per_label) ** (1 / (1 + curve.b))
    if n <= 0 or not np.isfinite(n):
        n = 0.0
    return BestLabels(
        labels=float(n),
        error=error_after(curve, n) if n > 0 else None,
        cost_usd=usd_per_label * n,
        extrapolated=n > EXTRAPOLATION * curve.largest,
    )
