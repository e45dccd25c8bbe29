"""Roots of many decreasing functions at once: Newton's steps inside a bracket that shrinks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from undercut.economics.arrays import Array

STEPS = 200
TINY = 4e-16
NEAR = 1e-9
"""A Newton step this small leaves an error of its square."""


def falling_root(
    function: Callable[[Array, Array], tuple[Array, Array]],
    low: Array,
    high: Array,
    start: Array,
) -> tuple[Array, int]:
    """Return the ``x`` at which each of ``n`` decreasing functions is 0.

    Args:
        function: takes ``x`` of shape ``(k,)`` and the ``(k,)`` numbers of the functions asked
            for; returns values and slopes, ``(k,)`` each.
        low: where each function is at least 0, ``(n,)``.
        high: where each is at most 0, ``(n,)``.
        start: first guesses, ``(n,)``.

    Returns:
        The roots, and the steps the slowest took.
    """
    low, high = low.copy(), high.copy()
    x = np.clip(start, low, high)
    open_ = np.arange(len(x))
    step = 0
    for step in range(1, STEPS + 1):  # noqa: B007
        at = x[open_]
        value, slope = function(at, open_)
        low[open_] = np.where(value >= 0, at, low[open_])
        high[open_] = np.where(value <= 0, at, high[open_])
        flat = slope >= 0
        move = value / np.where(flat, -1.0, slope)
        new = at - move
        left, right = low[open_], high[open_]
        # Newton may leave the bracket, or creep along a flat part: then halve.
        bad = flat | (new < left) | (new > right)
        new = np.where(bad, left + 0.5 * (right - left), new)
        new = np.where(value == 0, at, new)
        x[open_] = new
        settled = np.abs(new - at) <= np.where(bad, TINY, NEAR) * np.maximum(1.0, np.abs(at))
        settled |= right - left <= TINY * np.maximum(1.0, np.abs(at))
        if settled.any():
            open_ = open_[~settled]
        if not len(open_):
            break
    return x, step
