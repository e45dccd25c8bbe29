"""What an adapted encoder adds to a body: low-rank terms, bottlenecks, virtual tokens.

Shapes: B texts, T tokens, D width in, O width out, r rank, P virtual tokens.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DEVIATION = 0.01
"""Standard deviation of a bottleneck's first weights (Houlsby et al. 2019, section 3.6)."""


class LowRank(nn.Module):
    """A linear layer with a term of low rank (Hu et al. 2021, LoRA, section 4.1).

    Args:
        linear: the layer of the base; its parameters are shared.
        a: ``(r, D)``.
        b: ``(O, r)``, the factor folded in.
    """

    def __init__(self, linear: nn.Linear, a: Tensor, b: Tensor) -> None:
        super().__init__()
        self.linear = linear
        self.a, self.b = nn.Parameter(a), nn.Parameter(b)

    def forward(self, x: Tensor) -> Tensor:
        """``x (B, T, D)`` to ``(B, T, O)``."""
        z: Tensor = self.linear(x) + F.linear(F.linear(x, self.a), self.b)
        return z

    def plain(self) -> dict[str, Tensor]:
        """Return the tensors of the one linear layer that does the same."""
        return {"weight": self.linear.weight + self.b @ self.a, "bias": self.linear.bias}


class Bottleneck(nn.Module):
    """A linear layer and a residual bottleneck after it (Houlsby et al. 2019, section 2.1).

    It starts as nearly nothing: ``up`` is zero at first, so the body starts as it was.

    Args:
        linear: the layer of the base; its parameters are shared.
        size: width of the bottleneck.
        seed: of the first values of ``down``, normal with the paper's deviation of 0.01.
    """

    def __init__(self, linear: nn.Linear, size: int, seed: torch.Generator | None = None) -> None:
        super().__init__()
        width = linear.out_features
        self.linear = linear
        self.down, self.up = nn.Linear(width, size), nn.Linear(size, width)
        nn.init.normal_(self.down.weight, std=DEVIATION, generator=seed)
        for zero in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(zero)

    def forward(self, x: Tensor) -> Tensor:
        """``x (B, T, D)`` to ``(B, T, O)``."""
        z = self.linear(x)
        out: Tensor = z + self.up(F.gelu(self.down(z)))
        return out

    def own(self) -> dict[str, Tensor]:
        """Return the tensors beside those of the base, such as ``adapter.down.weight``."""
        return {
            f"adapter.{side}.{name}": value
            for side, linear in (("down", self.down), ("up", self.up))
            for name, value in linear.named_parameters()
        }

    def plain(self) -> dict[str, Tensor]:
        """Return all tensors, those of the base's layer first."""
        return {"weight": self.linear.weight, "bias": self.linear.bias, **self.own()}


class Virtual(nn.Module):
    """Vectors of P virtual tokens ``(P, ...)``, as peft names them: ``embedding.weight``."""

    def __init__(self, rows: Tensor) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(rows, freeze=False)

    def forward(self) -> Tensor:
        """Return the vectors."""
        return self.embedding.weight
