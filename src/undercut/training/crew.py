"""Several processes that train one model together: each works on its share of every batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True)
class Crew:
    """The processes of one fit, as one of them sees it.

    Attributes:
        rank: which of them this is; 0 judges, keeps checkpoints and writes the model.
        size: how many there are; 1 does without any of what follows.
    """

    rank: int = 0
    size: int = 1

    def mine(self, parts: Sequence[T]) -> list[tuple[int, T]]:
        """Return this process's share of some parts, each with its place."""
        return list(enumerate(parts))[self.rank :: self.size]

    def add(self, tensors: list[Tensor]) -> list[Tensor]:
        """Return the sums over all processes of float32 tensors."""
        if self.size == 1:
            return tensors
        from accelerate.utils import reduce

        flat: Tensor = reduce(torch.cat([t.reshape(-1) for t in tensors]), reduction="sum")
        pieces = flat.split([t.numel() for t in tensors])
        return [piece.view_as(t) for piece, t in zip(pieces, tensors, strict=True)]

    def total(self, *values: float) -> list[float]:
        """Return the sums over all processes of a few numbers."""
        if self.size == 1:
            return list(values)
        from accelerate.utils import reduce

        sums: Tensor = reduce(torch.tensor(values, dtype=torch.float64), reduction="sum")
        return [float(v) for v in sums]

    def told(self, value: float) -> float:
        """Return what the first process says."""
        return self.total(value if self.rank == 0 else 0.0)[0]


ALONE = Crew()
