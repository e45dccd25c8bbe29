"""The likelihood of logit demand over rows, and Newton's method to its top."""

from __future__ import annotations

import numpy as np

from undercut.economics.arrays import Array
from undercut.economics.estimates import STEPS, UNPINNED, unidentified


def row_shares(v: Array, t: Array, o: Array, count: int) -> tuple[Array, Array]:
    """Return each row's share and the logarithm of each market's denominator."""
    top = o.copy()
    np.maximum.at(top, t, v)
    weight = np.exp(v - top[t])
    total = np.bincount(t, weights=weight, minlength=count) + np.exp(o - top)
    return weight / total[t], top + np.log(total)


def highest(x: Array, q: Array, m: Array, t: Array, o: Array) -> tuple[Array, Array, float]:
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
        _, log_total = row_shares(v, t, o, count)
        return float((q * (v - log_total[t])).sum() + (left * (o - log_total)).sum())

    value = likelihood(theta)
    information = np.eye(k)
    for _ in range(STEPS):
        s, _ = row_shares(z @ theta, t, o, count)
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
