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
from undercut.economics.scalars import of_scalars

LEAST_POINTS = 4
"""Different sizes needed: one more than the curve has parameters."""
EXTRAPOLATION = 4.0
"""Times the largest size seen up to which the curve is read without a warning."""
STEEPEST = 3.0


@of_scalars
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
    fall = float(np.exp(log_a) * (n.min() ** -b - n.max() ** -b))
    if fall <= max(1e-6 * float(e.max()), 1e-8):
        raise fail(
            "curve-fit",
            expected="errors that fall as labels are added",
            found="errors that do not",
            where="errors",
            fix="Measure more sizes, or larger ones.",
        )
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


@of_scalars
def horizon_value(
    requests_per_month: float, usd_per_error: float, months: float, rate_per_month: float = 0.0
) -> float:
    """Return what an error rate of 1 would cost over the horizon, USD: the V of the others.

    ``requests * usd_per_error`` a month, paid at each month's end, discounted.

    Raises:
        UndercutError: an input is out of range.
    """
    collect(
        not_negative("requests_per_month", requests_per_month),
        not_negative("usd_per_error", usd_per_error),
        positive("months", months),
        not_negative("rate_per_month", rate_per_month),
    )
    time = months
    if rate_per_month > 0:
        time = float(-np.expm1(-months * np.log1p(rate_per_month))) / rate_per_month
    return requests_per_month * usd_per_error * time


@of_scalars
def marginal_value(curve: LearningCurve, n: float, value_usd: float) -> float:
    """Return what the next label after ``n`` is expected to bring, ``V a b n**(-b - 1)``, USD.

    Raises:
        UndercutError: an input is out of range.
    """
    collect(positive("n", n), not_negative("value_usd", value_usd))
    return float(value_usd * curve.a * curve.b * n ** (-curve.b - 1.0))


@of_scalars
def error_interval(
    curve: LearningCurve, n: float, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Return the interval of the expected error after ``n`` labels, from the fit's covariance.

    Delta method; ``None`` when the fit leaves it open. It says nothing about whether the power law
    goes on.

    Raises:
        UndercutError: an input is out of range.
    """
    collect(positive("n", n), fraction("confidence", confidence))
    spread = _spread(curve, _slopes(curve, n), confidence)
    if spread is None:
        return None
    middle = error_after(curve, n)
    return max(middle - spread, 0.0), min(middle + spread, 1.0)


def _spread(curve: LearningCurve, slope: np.ndarray, confidence: float) -> float | None:
    """Return the half-width of an interval for a figure with these derivatives."""
    covariance = np.asarray(curve.covariance)
    if not np.isfinite(covariance).all():
        return None
    variance = float(slope @ covariance @ slope)
    return float(ndtri(0.5 + confidence / 2)) * float(np.sqrt(max(variance, 0.0)))


def _beyond(curve: LearningCurve, n: float) -> str:
    if n <= EXTRAPOLATION * curve.largest:
        return ""
    times = n / curve.largest
    return (
        f"{n:.0f} labels are {times:.1f} times the {curve.largest:.0f} measured; beyond "
        f"{EXTRAPOLATION:.0f} times nobody knows whether the curve goes on so: measure more first."
    )


@of_scalars
def error_after(curve: LearningCurve, n: float) -> float:
    """Return the expected share of wrong answers after ``n`` labels."""
    collect(positive("n", n))
    return float(curve.c + curve.a * n**-curve.b)


@of_scalars
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
    spread = _spread(curve, slope, confidence)
    return CurveValue(
        labels=n + more,
        error=error_after(curve, n + more),
        fall=fall,
        fall_low=None if spread is None else max(fall - spread, 0.0),
        fall_high=None if spread is None else fall + spread,
        gain_usd=value_usd * fall,
        cost_usd=usd_per_label * more,
        extrapolated=n + more > EXTRAPOLATION * curve.largest,
        warning=_beyond(curve, n + more),
    )


@of_scalars
def best_labels(
    curve: LearningCurve, value_usd: float, usd_per_label: float, confidence: float = 0.95
) -> BestLabels:
    """Return the number of labels at which the next one costs what it brings.

    ``n* = (a b V / p)**(1 / (1 + b))`` minimises ``V e(n) + p n``. The intervals carry the fit's
    covariance by the delta method, that of the labels in their logarithm.

    Args:
        curve: the fitted curve.
        value_usd: V, what an error rate of 1 costs over the horizon, USD.
        usd_per_label: p, USD.
        confidence: of the intervals.

    Raises:
        UndercutError: an input is out of range.
    """
    collect(
        positive("value_usd", value_usd),
        positive("usd_per_label", usd_per_label),
        fraction("confidence", confidence),
    )
    n = (curve.a * curve.b * value_usd / usd_per_label) ** (1 / (1 + curve.b))
    if n <= 0 or not np.isfinite(n):
        n = 0.0
    low = high = None
    if n > 0:
        slope = np.array([1.0, 1.0 / curve.b - np.log(n), 0.0]) / (1.0 + curve.b)
        spread = _spread(curve, slope, confidence)
        if spread is not None and spread < 50:  # wider than e^50 says nothing
            low, high = float(n * np.exp(-spread)), float(n * np.exp(spread))
    around = error_interval(curve, n, confidence) if n > 0 else None
    return BestLabels(
        labels=float(n),
        error=error_after(curve, n) if n > 0 else None,
        cost_usd=usd_per_label * n,
        extrapolated=n > EXTRAPOLATION * curve.largest,
        labels_low=low,
        labels_high=high,
        error_low=around[0] if around else None,
        error_high=around[1] if around else None,
        warning=_beyond(curve, n),
    )
