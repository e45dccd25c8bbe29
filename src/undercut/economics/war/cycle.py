"""Why prices may never settle: the cycle of undercutting of Maskin and Tirole.

Two firms with the same goods and no cost move in turn on a grid of prices ``i/n`` and sell
``D = 1 - p``, all of it to the lower price. Prices fall step by step to 0; there a firm waits with
some probability for the other to raise its price and begin again (Maskin and Tirole 1988,
Econometrica 56(3), 571-599, section 3). Such cycles need goods that hardly differ; with logit
demand and visible differences best replies converge instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from undercut.core.errors import fail
from undercut.economics.arrays import Array
from undercut.economics.checks import collect, fraction, whole
from undercut.economics.scalars import of_scalars


@dataclass(frozen=True)
class Cycle:
    """A Markov perfect equilibrium in which prices fall step by step and jump up again.

    Attributes:
        price: the grid, ``(n + 1,)``.
        reply: what a firm asks when the other asks ``price[i]``, ``(n + 1,)``; at 0 it mixes.
        top: the price a firm raises to from 0.
        mixing: chance that it stays at 0 instead.
        gain: most a firm could gain by another reply at any price, relative to the value of a
            firm; about 0 in an equilibrium.
    """

    price: Array
    reply: Array
    top: float
    mixing: float
    gain: float


@of_scalars
def undercutting_cycle(discount: float, steps: int = 6) -> Cycle:
    """Return the cycle on the grid ``i/steps``.

    Args:
        discount: factor a period, between 0 and 1.
        steps: n, of the grid.

    Raises:
        UndercutError: figures out of range, or no such cycle is an equilibrium at this patience.
    """
    collect(fraction("discount", discount), whole("steps", steps, 3, 60))
    n = int(steps)
    found = [_cycle(float(discount), n, top) for top in range(n, 1, -1)]
    held = [c for c in found if c is not None]
    if not held:
        raise fail(
            "cycle-none",
            expected="a discount factor at which undercutting step by step is an equilibrium",
            found=f"{discount:g} on a grid of {n} steps",
            where="discount",
        )
    return min(held, key=lambda c: c.gain)


def _cycle(d: float, n: int, top: int) -> Cycle | None:
    price = np.arange(n + 1) / n
    profit = price * (1.0 - price)
    reply = np.maximum(np.arange(n + 1) - 1, 0)
    # mover[i]: worth of the firm to move when the other asks i; waiter[i]: of the one asking i.
    # All are a + b w, with w the worth of waiting at 0, which equals waiting at the top.
    mover, waiter = np.zeros((n + 1, 2)), np.zeros((n + 1, 2))
    waiter[0] = (0.0, 1.0)
    mover[0] = d * waiter[0]
    for i in range(1, top + 1):
        mover[i] = np.array([profit[i - 1], 0.0]) + d * waiter[i - 1]
        waiter[i] = d * mover[i - 1]
    w = waiter[top, 0] / (1.0 - waiter[top, 1])
    value, held = mover @ [1.0, w], waiter @ [1.0, w]
    held[0] = w
    # w = mix d value(0) + (1 - mix) d value(top)
    raised = d * value[top]
    mix = (raised - w) / (raised - d * value[0]) if raised != d * value[0] else np.inf
    if not 0.0 <= mix <= 1.0:
        return None
    for i in range(top + 1, n + 1):  # off the cycle: whatever is best
        options = _options(i, profit, held[:i], d)
        reply[i] = int(options.argmax())
        value[i] = options.max()
        held[i] = d * value[reply[i]]
    scale = max(float(np.abs(value).max()), 1e-300)
    gains = [float(_options(i, profit, held, d).max() - value[i]) for i in range(n + 1)]
    gain = max(0.0, *gains) / scale
    if gain > 1e-9:
        return None
    return Cycle(
        price=price,
        reply=price[reply],
        top=float(price[top]),
        mixing=float(mix),
        gain=gain,
    )


def _options(rival: int, profit: Array, held: Array, d: float) -> Array:
    """Return the worth of every reply to a rival at ``rival``, of those whose worth is known."""
    mine = np.arange(len(held))
    now = np.where(mine < rival, profit[: len(held)], 0.0)
    now = np.where(mine == rival, 0.5 * profit[: len(held)], now)
    return np.asarray(now + d * held)
