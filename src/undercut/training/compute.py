"""What a fit computes with: device, number format, matrix products, attention."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Compute:
    """How numbers are worked on.

    Attributes:
        device: ``cpu``, ``cuda`` or ``mps``.
        dtype: format of the weights that are computed with; masters are float32.
        matmul: torch's precision of float32 products: ``highest``, ``high`` or ``medium``.
        fused: attention in one kernel (scaled dot product) instead of step by step.
    """

    device: str = "cpu"
    dtype: torch.dtype = torch.float32
    matmul: str = "medium"
    fused: bool = False

    @property
    def scales_loss(self) -> bool:
        """Whether gradients would vanish without scaling: float16's range is small."""
        return self.dtype == torch.float16

    def facts(self) -> dict[str, str]:
        """Return the settings in words."""
        return {
            "device": self.device,
            "dtype": str(self.dtype).removeprefix("torch."),
            "matmul": self.matmul,
            "attention": "sdpa" if self.fused else "eager",
        }

    @contextmanager
    def products(self) -> Iterator[None]:
        """Compute float32 products with this precision inside the block."""
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision(self.matmul)
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)


CPU = Compute()
