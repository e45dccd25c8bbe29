"""Shares of the market, with or without buyers who tend to stay."""

from __future__ import annotations

import numpy as np

from undercut.economics.arrays import Array


def shares(
    utility: Array, log_outside: float, inertia: float, before: tuple[Array, Array] | None
) -> tuple[Array, Array]:
    """Return this month's shares ``(F, B)`` and the outside share ``(B,)``.

    With inertia ``kappa`` a buyer adds it to the utility of last month's choice (buying nothing of
    these included): ``s' = s P`` with ``P_jk`` proportional to ``e^(v_k + kappa 1[j = k])``, here
    without forming ``P``.

    Args:
        utility: ``(F, B)``, minus infinity where a firm no longer sells.
        log_outside: utility of buying from none.
        inertia: ``kappa``.
        before: last month's shares and outside share; ``None`` before the first.
    """
    top = np.maximum(utility.max(axis=0), log_outside)
    weight, rest = np.exp(utility - top), np.exp(log_outside - top)
    total = weight.sum(axis=0) + rest
    if before is None or inertia == 0:
        return weight / total, rest / total
    # Divided by e^kappa throughout, so that a large kappa does not overflow.
    shrink = np.exp(-inertia)
    stay = -np.expm1(-inertia)
    held, idle = before
    per = held / (shrink * total + stay * weight)  # weight is 0 for those who left
    per_idle = idle / (shrink * total + stay * rest)
    free = shrink * (per.sum(axis=0) + per_idle)
    return weight * (free + stay * per), rest * (free + stay * per_idle)
