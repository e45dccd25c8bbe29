"""What an equilibrium comes out as: arrays over products, markets in front."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from undercut.economics.arrays import Array


@dataclass(frozen=True)
class Equilibrium:
    """Prices from which no firm gains by moving alone.

    Shapes: ``(J,)`` for one market of J products, ``(T, J)`` for T markets; ``T`` is dropped with
    one market. Firms stand in the order in which ``owner`` first names them.

    Attributes:
        price: USD/1k, ``(T, J)``.
        share: of the market, ``(T, J)``.
        profit: ``M s (p - c)`` of each product before fixed costs, USD a month, ``(T, J)``.
        outside: share that buys nothing of these products, ``(T,)``.
        firms: names of the firms.
        firm_profit: USD a month, ``(T, F)``.
        multiplier: what another thousand of capacity is worth, USD/1k, ``(T, J)``; 0 where
            capacity does not bind.
        residual: largest relative error of a first-order condition, ``(T,)``; must be about 0.
        gain: largest gain of one firm that alone moves one price along a grid of markups, relative
            to its profit, ``(T,)``; must be about 0. ``None`` when the check was turned off.
    """

    price: Array
    share: Array
    profit: Array
    outside: Array
    firms: list[Hashable]
    firm_profit: Array
    multiplier: Array
    residual: Array
    gain: Array | None
    iterations: int = field(default=0, compare=False)

    @property
    def worst_residual(self) -> float:
        """The largest residual of all markets."""
        return float(np.max(self.residual))

    @property
    def worst_gain(self) -> float | None:
        """The largest unilateral gain of all markets, relative; ``None`` when unchecked."""
        return None if self.gain is None else float(np.max(self.gain))


@dataclass(frozen=True)
class BestReplies:
    """One firm's best prices against rivals that stand still; see :func:`best_replies`.

    Attributes:
        markup: USD/1k, the same for all its products, ``(T,)``.
        price: USD/1k, ``(T, J)``.
        share: of each product, ``(T, J)``.
        profit: of the firm, USD a month, ``(T,)``.
        w: Lambert W of the closed form, the firm's odds ``S/(1 - S)``, ``(T,)``.
    """

    markup: Array
    price: Array
    share: Array
    profit: Array
    w: Array


@dataclass(frozen=True)
class PriceFragility:
    """How fragile prices above the competitive ones are. A diagnostic, never advice.

    All arrays stand by firm, ``(F,)``, profits in USD a month.

    Attributes:
        firms: names.
        competitive: profit in the Nash equilibrium.
        joint: profit if one owner set all prices.
        deviation: profit of a firm that alone leaves the joint prices.
        critical_discount: monthly discount factor above which a threat to return to competition
            for ever would hold the firm; ``None`` where no patience would, because the joint
            prices give it no more than competition.
        joint_price: USD/1k, ``(J,)``.
        deviation_price: USD/1k of each product when its firm leaves, ``(J,)``.
    """

    firms: list[Hashable]
    competitive: Array
    joint: Array
    deviation: Array
    critical_discount: list[float | None]
    joint_price: Array
    deviation_price: Array
