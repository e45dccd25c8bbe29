"""The predictor alone: texts a second in batches of 64, and the latency of single texts."""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from benchmarks.part import serve
from benchmarks.serving_peers.model import Model

BATCH = 64


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Answer for some seconds each way."""
    model, texts = Model(asked["folder"]), list(asked["texts"])
    random.Random(0).shuffle(texts)
    batches = [texts[i : i + BATCH] for i in range(0, len(texts) - BATCH + 1, BATCH)]
    model.answer(batches[0])
    rates, singles = [], []
    end = time.perf_counter() + asked["seconds"]
    while time.perf_counter() < end:
        begin = time.perf_counter()
        model.answer(batches[len(rates) % len(batches)])
        rates.append(BATCH / (time.perf_counter() - begin))
    end = time.perf_counter() + asked["seconds"]
    while time.perf_counter() < end:
        begin = time.perf_counter()
        model.answer([texts[len(singles) % len(texts)]])
        singles.append(1e3 * (time.perf_counter() - begin))
    return {"per_second": statistics.median(rates), "p50_ms": statistics.median(singles)}


if __name__ == "__main__":
    serve(run)
