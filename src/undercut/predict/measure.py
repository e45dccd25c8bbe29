"""Measure an artefact on this machine: texts a second, latency at batch 1, memory.

Run as ``python -m undercut.predict.measure FOLDER TEXTS.json THREADS BACKEND`` in a process of
its own, so that peak memory and threads are the variant's and nobody else's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from undercut.core.errors import fail
from undercut.core.processor import processor
from undercut.core.types import Measurement
from undercut.store.files import size_of

SECONDS = 0.8
SINGLES = 200
WARM_UP = 20


def measure(
    folder: Path, texts: Sequence[Any], threads: int, backend: str | None = None
) -> Measurement:
    """Measure in a fresh process.

    Args:
        folder: artefact folder.
        texts: realistic inputs; at most 2,000 are used.
        threads: cores the variant may use.
        backend: registered backend, or ``None`` for the artefact's own.

    Raises:
        UndercutError: the artefact could not be run; its own message is passed on.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    root = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, [root, os.environ.get("PYTHONPATH", "")])
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "undercut.predict.measure",
            str(folder),
            str(threads),
            backend or "",
        ],
        input=json.dumps(list(texts[:2000])),
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        raise fail(
            "measure-failed",
            expected="a variant that runs",
            found=(done.stderr.strip().splitlines() or ["no message"])[-1],
            where=str(folder),
        )
    return Measurement.model_validate_json(done.stdout.splitlines()[-1])


def here(folder: Path, texts: list[Any], threads: int, backend: str | None = None) -> Measurement:
    """Measure in this process; peak memory is that of all it did before."""
    from undercut.ledger.meter import peak_memory_bytes
    from undercut.predict.predictor import backends_for, load

    predictor = load(folder, backend, threads)
    predictor.predict(texts[:16])
    begin = time.perf_counter()
    predictor.predict(texts[:64])
    rate = min(len(texts), 64) / (time.perf_counter() - begin)
    texts = texts[: max(128, int(rate * SECONDS / 2))]
    passes, cpu0, begin = 0, time.process_time(), time.perf_counter()
    rates = []
    while time.perf_counter() - begin < SECONDS or passes < 2:
        t = time.perf_counter()
        predictor.predict(texts)
        rates.append(len(texts) / (time.perf_counter() - t))
        passes += 1
    used = (time.process_time() - cpu0) / (time.perf_counter() - begin)
    singles = [[texts[i % len(texts)]] for i in range(SINGLES + WARM_UP)]
    latencies: list[float] = []
    begin = time.perf_counter()
    for one in singles:
        if len(latencies) > 2 * WARM_UP and time.perf_counter() - begin > SECONDS:
            break
        t = time.perf_counter()
        predictor.predict(one)
        latencies.append((time.perf_counter() - t) * 1e3)
    latencies = sorted(latencies[WARM_UP:])
    rates.sort()
    able = backends_for(predictor.manifest)
    return Measurement(
        texts_per_second=rates[len(rates) // 2],
        p50_ms=latencies[len(latencies) // 2],
        p95_ms=latencies[int(len(latencies) * 0.95)],
        size_bytes=size_of(folder),
        peak_memory_bytes=peak_memory_bytes(),
        threads=max(1, min(threads, -int(-(used - 0.15) // 1))),
        processor=processor(),
        backend=backend or (able[0] if able else "composite"),
        texts=len(texts) * passes,
    )


if __name__ == "__main__":
    place, cores, runtime = sys.argv[1:4]
    result = here(Path(place), json.loads(sys.stdin.read()), int(cores), runtime or None)
    print(result.model_dump_json())
