"""Demand for our product against rivals that stand still, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from undercut.economics.records import Demand


@dataclass(frozen=True)
class Buying:
    """Demand for our product against rivals that stand still.

    Attributes:
        kind: in words.
        logit: the logit itself; for other demands the logit with the same price, share and
            elasticity at the best price, which floors and the war use.
        best: best price at a cost, USD/1k.
        share: share of the market sold at a price; capacity counted.
        deltas: utility of each rival at a price of 0; empty where demand knows no rivals.
        capacity: most we can sell, thousand requests a month; ``None``: no limit.
        worth: what another thousand requests of it would earn, USD; 0: it does not bind.
        uncapped: share that would be bought were there no limit; ``None``: there is none.
    """

    kind: str
    logit: Demand
    best: float
    share: Callable[[float], float]
    deltas: list[float]
    capacity: float | None = None
    worth: float = 0.0
    uncapped: Callable[[float], float] | None = None
