"""What buyers choose: shares and elasticities with plain logit, segments and nests.

``share`` has the shape of ``price``; an elasticity matrix has the product whose price moves in its
last axis: ``e[j, k] = (p_k/s_j) ds_j/dp_k``.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.economics.arrays import Array, Arrays, codes


@dataclass(frozen=True)
class Choice:
    """Shares at given prices.

    Attributes:
        share: of each product, ``(J,)``.
        outside: share that buys none of them.
        elasticity: ``(J, J)``.
    """

    share: Array
    outside: float
    elasticity: Array


def logit_choice(delta: Any, alpha: float, price: Any, log_outside: float = 0.0) -> Choice:
    """Return shares ``e^(delta - alpha p)/(e^outside + sum)`` and their elasticities.

    Own: ``-alpha p (1 - s)``; cross: ``alpha p_k s_k``, the same for every rival: the independence
    of irrelevant alternatives, which segments and nests mend.

    Args:
        delta: utility at a price of 0, ``(J,)``.
        alpha: per USD/1k.
        price: USD/1k, ``(J,)``.
        log_outside: ``ln`` of the weight of everything else.

    Raises:
        UndercutError: figures out of range or shapes that do not fit; all are listed.
    """
    return mixed_choice(delta, [alpha], [1.0], price, log_outside)


def mixed_choice(
    delta: Any, alpha: Any, weight: Any, price: Any, log_outside: float = 0.0
) -> Choice:
    """Return shares over R segments of buyers, ``s_j = sum_r w_r s_rj``, and elasticities.

    Args:
        delta: utility at a price of 0, ``(J,)`` or by segment ``(R, J)``.
        alpha: per USD/1k of each segment, ``(R,)``.
        weight: size of each segment, ``(R,)``; they add up to 1.
        price: USD/1k, ``(J,)``.
        log_outside: utility of everything else.

    Raises:
        UndercutError: figures out of range or shapes that do not fit; all are listed.
    """
    read = Arrays()
    d, p = read.number("delta", delta), read.number("price", price)
    a, w = (
        np.atleast_1d(read.positive("alpha", alpha)),
        np.atleast_1d(read.probability("weight", weight)),
    )
    o = read.number("log_outside", log_outside)
    read.expect(d.ndim in (1, 2), "one row, or one a segment", f"shape {d.shape}", "delta")
    read.expect(
        a.ndim == 1 and w.shape == a.shape, f"{a.size} weights", f"shape {w.shape}", "weight"
    )
    read.expect(
        abs(float(w.sum()) - 1) < 1e-9, "weights that add up to 1", f"{w.sum():g}", "weight"
    )
    read.expect(o.ndim == 0, "one figure", f"shape {o.shape}", "log_outside")
    read.done()
    read.expect(p.shape == d.shape[-1:], f"{d.shape[-1]} prices", f"shape {p.shape}", "price")
    read.expect(d.ndim == 1 or len(d) == a.size, f"{a.size} segments", f"shape {d.shape}", "delta")
    read.done()
    v = d - a[:, None] * p  # (R, J)
    top = np.maximum(v.max(axis=1, keepdims=True), o)
    weight_of = np.exp(v - top)
    total = weight_of.sum(axis=1, keepdims=True) + np.exp(o - top)
    s = weight_of / total
    share = w @ s
    # ds_j/dp_k = sum_r w alpha s_rj (s_rk - 1[j = k]), over s_j: posterior weights of the segments,
    # taken in logarithms so that a product nobody buys has an elasticity too.
    log_s = v - top - np.log(total) + np.log(np.maximum(w, 1e-300))[:, None]
    posterior = np.exp(log_s - log_s.max(axis=0))
    posterior /= posterior.sum(axis=0)  # (R, J)
    pull = posterior * a[:, None]
    elasticity = (pull.T @ s - np.diag(pull.sum(axis=0))) * p
    outside = float(w @ np.exp(o - top - np.log(total))[:, 0])
    return Choice(share=share, outside=outside, elasticity=elasticity)


def nested_choice(
    delta: Any,
    alpha: float,
    price: Any,
    nest: Sequence[Hashable],
    rho: Any,
    log_outside: float = 0.0,
) -> Choice:
    """Return shares with nests (Berry 1994) and their elasticities.

    Args:
        delta: utility at a price of 0, ``(J,)``.
        alpha: per USD/1k.
        price: USD/1k, ``(J,)``.
        nest: nest of each product, ``(J,)``.
        rho: likeness within nests, from 0 to 0.999: a figure, or one a nest in order of appearance.
        log_outside: ``ln`` of the weight of everything else.

    Raises:
        UndercutError: figures out of range or shapes that do not fit; all are listed.
    """
    from undercut.economics.equilibrium.inputs import markets
    from undercut.economics.equilibrium.nested import nested_shares, read_rho

    m = markets(delta, 0.0, alpha, None, None, 1.0, log_outside)
    group, nests = codes(list(nest))
    read = Arrays()
    p = read.number("price", price)
    products = m.delta.shape[1]
    read.expect(m.single, "one market", f"{m.delta.shape}", "delta")
    read.expect(p.shape == (products,), f"{products} prices", f"shape {p.shape}", "price")
    read.expect(len(group) == products, f"{products} nests", str(len(group)), "nest")
    read.done()
    r = read_rho(rho, len(nests))
    rho_j = r[group]
    within, share, outside = nested_shares(m.delta - m.alpha * p[None], m.outside, group, rho_j)
    same = group[:, None] == group[None, :]
    a = float(m.alpha[0, 0])
    # d ln s_j/dp_k = -a [1(j=k) - rho s_k|g 1(same nest) - (1 - rho) s_k] / (1 - rho)
    pull = same * (rho_j * within[0])[None, :] / (1.0 - rho_j)[:, None]
    slope = a * (pull + share[0][None, :] - np.diag(1.0 / (1.0 - rho_j)))
    return Choice(share=share[0], outside=float(outside[0, 0]), elasticity=slope * p)
