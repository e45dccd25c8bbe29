"""When a small model should pass a request on to a big one.

Choose by ``cost + usd_per_error * (1 - accuracy)``; costs at unequal quality do not compare.
Confidences must be calibrated: a confidence of 0.8 is right eight times in ten.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from undercut.core.errors import fail
from undercut.economics.checks import collect, not_negative, positive, probability
from undercut.economics.records import Cascade
from undercut.economics.scalars import of_scalars


@of_scalars
def threshold(accuracy_big: float, big_usd_per_request: float, usd_per_error: float) -> float:
    """Return the confidence below which passing on pays: ``acc_big - c_big / usd_per_error``.

    A value of 0 or less means never.

    Raises:
        UndercutError: an input is not a number in its range.
    """
    collect(
        probability("accuracy_big", accuracy_big),
        not_negative("big_usd_per_request", big_usd_per_request),
        positive("usd_per_error", usd_per_error),
    )
    return accuracy_big - big_usd_per_request / usd_per_error


def _cascade(
    limit: float,
    escalated: float,
    kept_right: float,
    small_accuracy: float,
    accuracy_big: float,
    small_usd: float,
    big_usd: float,
    usd_per_error: float,
) -> Cascade:
    collect(not_negative("small_usd_per_request", small_usd))
    accuracy = kept_right + escalated * accuracy_big
    cost = small_usd + escalated * big_usd
    return Cascade(
        threshold=limit,
        escalated=escalated,
        accuracy=accuracy,
        usd_per_request=cost,
        loss_usd_per_request=cost + usd_per_error * (1.0 - accuracy),
        small_only_loss_usd=small_usd + usd_per_error * (1.0 - small_accuracy),
        big_only_loss_usd=big_usd + usd_per_error * (1.0 - accuracy_big),
    )


@of_scalars
def expected(
    confidences: Sequence[float] | np.ndarray,
    accuracy_big: float,
    small_usd_per_request: float,
    big_usd_per_request: float,
    usd_per_error: float,
    at: float | None = None,
) -> Cascade:
    """Return what a cascade costs and scores on a sample of calibrated confidences.

    Args:
        confidences: calibrated top probabilities of the small model, ``(n,)``.
        accuracy_big: accuracy of the big model on what it is passed.
        small_usd_per_request: paid for every request.
        big_usd_per_request: paid for those passed on.
        usd_per_error: what a wrong answer costs.
        at: threshold to use; ``None`` takes the best one.

    Raises:
        UndercutError: an input is not a number in its range, or the sample is empty.
    """
    best = threshold(accuracy_big, big_usd_per_request, usd_per_error)
    limit = best if at is None else at
    try:
        sample = np.asarray(confidences, dtype=np.float64)
    except (TypeError, ValueError):
        sample = np.array([np.nan])
    if sample.ndim != 1 or not sample.size or not np.all((sample >= 0) & (sample <= 1)):
        raise fail(
            "cascade-confidences",
            expected="a list of at least one confidence from 0 to 1",
            found="something else",
            where="confidences",
        )
    kept = sample >= limit
    return _cascade(
        limit,
        float(1.0 - kept.mean()),
        float(np.where(kept, sample, 0.0).mean()),
        float(sample.mean()),
        accuracy_big,
        small_usd_per_request,
        big_usd_per_request,
        usd_per_error,
    )


@of_scalars
def expected_uniform(
    low: float,
    high: float,
    accuracy_big: float,
    small_usd_per_request: float,
    big_usd_per_request: float,
    usd_per_error: float,
) -> Cascade:
    """Return the closed form for confidences spread evenly over ``[low, high]``.

    Raises:
        UndercutError: an input is not a number in its range, or ``high <= low``.
    """
    collect(probability("low", low), probability("high", high))
    collect(positive("high - low", high - low))
    best = threshold(accuracy_big, big_usd_per_request, usd_per_error)
    cut = min(max(best, low), high)
    width = high - low
    return _cascade(
        best,
        (cut - low) / width,
        (high**2 - cut**2) / (2.0 * width),
        (low + high) / 2.0,
        accuracy_big,
        small_usd_per_request,
        big_usd_per_request,
        usd_per_error,
    )
