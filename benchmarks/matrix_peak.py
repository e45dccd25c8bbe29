"""The most a processor multiplies a second, in every number format, on the threads given.

Square matrices and the shapes of a small encoder; the best of all is the peak.
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks.part import serve

SHAPES = ((1024, 1024, 1024), (2048, 1024, 1024), (1024, 384, 1536), (4096, 384, 1536))
"""(m, k, n) of ``(m, k) @ (k, n)``."""


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Return GFLOP/s (for int8 GOP/s) by number format; ``None`` where torch has no product."""
    import torch

    torch.set_num_threads(request["threads"])
    peaks: dict[str, float | None] = {}
    for name in ("float32", "float32 medium", "bfloat16", "int8"):
        medium = "medium" if name.endswith("medium") else "highest"
        torch.set_float32_matmul_precision(medium)
        try:
            peaks[name] = max(_rate(name, shape, request["seconds"]) for shape in SHAPES)
        except RuntimeError:
            peaks[name] = None
    return {"threads": request["threads"], "gflops": peaks}


def _rate(name: str, shape: tuple[int, int, int], seconds: float) -> float:
    import torch

    m, k, n = shape
    if name == "int8":
        a = torch.randint(-9, 9, (m, k), dtype=torch.int8)
        b = torch.randint(-9, 9, (k, n), dtype=torch.int8)
        product = torch._int_mm
    else:
        kind = torch.bfloat16 if name == "bfloat16" else torch.float32
        a, b = torch.randn(m, k).to(kind), torch.randn(k, n).to(kind)
        product = torch.mm
    for _ in range(3):
        product(a, b)
    best, begin = float("inf"), time.perf_counter()
    while time.perf_counter() - begin < seconds:
        t = time.perf_counter()
        product(a, b)
        best = min(best, time.perf_counter() - t)
    return 2 * m * k * n / best / 1e9


if __name__ == "__main__":
    serve(run)
