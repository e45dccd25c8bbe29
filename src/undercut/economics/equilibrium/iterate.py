"""Fixed points of markups in many markets at once, with a Newton-like solver for what is left."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import root

from undercut.core.errors import fail
from undercut.economics.arrays import Array

STEPS = 1000
CLOSE = 2e-13
"""Relative step at which a market is done."""
ENOUGH = 1e-11
"""Relative residual above which a market counts as unsolved."""
DEPTH = 4
PATIENCE = 20
FRESH = 250

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
    """Iterate all markets; return the last markups, the steps, and which markets are solved."""
    found, solved = start.copy(), np.zeros(len(start), dtype=bool)
    open_, at = np.arange(len(start)), start
    xs: list[Array] = []
    gaps: list[Array] = []
    best = np.full(len(start), np.inf)
    count = 0
    for count in range(1, STEPS + 1):
        new = step(at, open_)
        gap = new - at
        error = np.abs(gap / new).max(axis=1)
        done = error <= CLOSE
        if count > PATIENCE:
            # Rounding may keep a market from coming closer.
            done |= (error <= ENOUGH) & (error >= 0.5 * best)
            best = np.minimum(best, error)
        if done.any():
            found[open_], solved[open_[done]] = new, True
            keep = ~done
            open_, new, gap, best = open_[keep], new[keep], gap[keep], best[keep]
            xs, gaps = [v[keep] for v in xs], [v[keep] for v in gaps]
            if not len(open_):
                break
        xs, gaps = [*xs[1 - DEPTH :], new], [*gaps[1 - DEPTH :], gap]
        at = new
        if len(gaps) > 1:
            mixed = _mix(xs, gaps)
            at = mixed if mixed.min() > 0 else _sane(mixed, new)
        if count % FRESH == 0:  # a start without memory for what cycles
            xs, gaps = [], []
    if len(open_):
        found[open_] = at
    return found, count, solved


def _sane(mixed: Array, new: Array) -> Array:
    """Return the accelerated step where it is positive throughout, else the plain one."""
    good = (mixed > 0).all(axis=1) & np.isfinite(mixed).all(axis=1)
    return np.where(good[:, None], mixed, new)


def _mix(xs: list[Array], gaps: list[Array]) -> Array:
    """Combine the last steps so that their gaps cancel in the least-squares sense."""
    last, outcome = gaps[-1], xs[-1]
    dg = last[:, None] - np.array(gaps[:-1]).transpose(1, 0, 2)  # (k, d, J)
    square = dg @ dg.transpose(0, 2, 1)
    size = square.trace(axis1=1, axis2=2)[:, None, None]
    square += (1e-14 * size + 1e-300) * np.eye(square.shape[1])
    try:
        gamma = np.linalg.solve(square, dg @ last[:, :, None])[:, :, 0]  # (k, d)
    except np.linalg.LinAlgError:
        return outcome
    mixed = outcome * (1.0 - gamma.sum(axis=1, keepdims=True))
    for i, before in enumerate(xs[:-1]):
        mixed += gamma[:, i : i + 1] * before
    return mixed


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
