"""Fixed points of markups in many markets at once, with a Newton-like solver for what is left."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import root

from undercut.core.errors import fail
from undercut.economics.arrays import Array

STEPS = 1000
CLOSE = 2e-15
"""Relative step at which a market is done."""
ENOUGH = 1e-11
"""Relative residual above which a market counts as unsolved."""
DEPTH = 5

Step = Callable[[Array, Array], Array]


def solve(step: Step, start: Array, highest: float) -> tuple[Array, int]:
    """Return markups ``m`` with ``m = step(m)``, ``(T, J)``, and the steps the slowest took.

    Anderson's acceleration (Walker and Ni 2011, SIAM J. Numerical Analysis 49(4)) over each
    market's last steps; a plain step wherever the accelerated one leaves the positive numbers.

    Args:
        step: takes markups ``(k, J)`` and the numbers of the markets asked for ``(k,)``.
        start: first guesses, ``(T, J)``.
        highest: scale of the largest markups, for other starting points.

    Raises:
        UndercutError: no fixed point was found in some market; code ``equilibrium-none``.
    """
    found, steps, solved = _anderson(step, start)
    for t in np.flatnonzero(~solved):
        found[t] = _one(step, int(t), [found[t], start[t], np.full(start.shape[1], highest)])
    return found, steps


def _anderson(step: Step, start: Array) -> tuple[Array, int, Array]:
    x = start.copy()
    open_ = np.arange(len(x))
    solved = np.zeros(len(x), dtype=bool)
    xs: list[Array] = []
    gaps: list[Array] = []
    best = np.full(len(x), np.inf)
    count = 0
    for count in range(1, STEPS + 1):
        at = x[open_]
        new = step(at, open_)
        gap = new - at
        error = np.abs(gap / new).max(axis=1)
        # The step at a solved market is exact to rounding; stop when it is, or no longer falls.
        done = error <= CLOSE
        done |= (error <= 1e-13) & (error >= 0.5 * best[open_])
        best[open_] = np.minimum(best[open_], error)
        x[open_] = new
        if done.any():
            solved[open_[done]] = True
            keep = ~done
            open_, new, gap = open_[keep], new[keep], gap[keep]
            xs, gaps = [v[keep] for v in xs], [v[keep] for v in gaps]
            if not len(open_):
                break
        xs.append(new)
        gaps.append(gap)
        xs, gaps = xs[-DEPTH:], gaps[-DEPTH:]
        if len(gaps) > 1:
            mixed = _mix(xs, gaps)
            good = np.isfinite(mixed).all(axis=1) & (mixed > 0).all(axis=1)
            x[open_] = np.where(good[:, None], mixed, new)
        if count == STEPS // 2:  # a start without memory for what cycles
            xs, gaps = [], []
    left = ~solved
    if left.any():
        rows = np.flatnonzero(left)
        gap = np.abs(step(x[rows], rows) / x[rows] - 1.0).max(axis=1)
        solved[rows[gap <= ENOUGH]] = True
    return x, count, solved


def _mix(xs: list[Array], gaps: list[Array]) -> Array:
    """Combine the last steps so that their gaps cancel in the least-squares sense."""
    last, outcome = gaps[-1], xs[-1]
    dg = np.stack([last - g for g in gaps[:-1]], axis=1)  # (k, d, J)
    dx = np.stack([outcome - v for v in xs[:-1]], axis=1)
    square = dg @ dg.transpose(0, 2, 1)
    size = np.trace(square, axis1=1, axis2=2)[:, None, None]
    square = square + (1e-14 * size + 1e-300) * np.eye(square.shape[1])
    right = dg @ last[:, :, None]
    try:
        gamma = np.linalg.solve(square, right)
    except np.linalg.LinAlgError:
        return outcome
    return np.asarray(outcome - (dx * gamma).sum(axis=1))


def _one(step: Step, t: int, starts: list[Array]) -> Array:
    """Solve one market in the logarithms of its markups."""
    row = np.array([t])

    def gap(logs: Array) -> Array:
        m = np.exp(np.clip(logs, -690.0, 690.0))
        return np.asarray(np.log(step(m[None], row)[0]) - np.log(m))

    for start in starts:
        good = np.isfinite(start) & (start > 0)
        first = np.log(np.where(good, start, np.median(start[good]) if good.any() else 1.0))
        answer = root(gap, first, method="hybr", options={"xtol": 1e-15, "maxfev": 20_000})
        markup = np.exp(np.clip(answer.x, -690.0, 690.0))
        new = step(markup[None], row)[0]
        if np.isfinite(new).all() and np.abs(new / markup - 1.0).max() <= ENOUGH:
            return np.asarray(new)
    raise fail(
        "equilibrium-none",
        expected="prices at which every firm's first-order condition holds",
        found=f"none from any of the starting points tried, in market {t}",
        where="delta",
        fix="With very different segments there may be none; use fewer or less extreme ones.",
    )
