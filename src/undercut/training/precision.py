"""Which number format this processor multiplies fastest."""

from __future__ import annotations

from functools import cache

import torch


@cache
def fast_dtype() -> torch.dtype:
    """Return bfloat16 where the processor multiplies it in hardware, else float32."""
    can = torch.cpu.get_capabilities()
    if any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16")):
        return torch.bfloat16
    return torch.float32
