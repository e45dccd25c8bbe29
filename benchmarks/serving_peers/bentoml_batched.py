"""BentoML with its adaptive batching: at most ``--batch`` texts, ``--wait-ms`` is its latency goal.

Its command is given this file; the options come by the environment.
"""

from __future__ import annotations

import os
import sys
from typing import Any

BATCH, WAIT_MS = (
    int(os.environ.get(f"BENCH_{k}", v)) for k, v in (("BATCH", "64"), ("WAIT", "50"))
)

if __name__ == "__main__":
    from benchmarks.serving_peers.model import options

    asked = options()
    os.environ |= {
        "BENCH_FOLDER": asked.folder,
        "BENCH_BATCH": str(asked.batch),
        "BENCH_WAIT": str(int(asked.wait_ms)),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    command = ["-m", "bentoml", "serve", "benchmarks.serving_peers.bentoml_batched:Service"]
    os.execv(
        sys.executable,
        [sys.executable, *command, "--host", "127.0.0.1", "--port", str(asked.port)],
    )
else:
    import bentoml

    @bentoml.service(
        workers=1,
        traffic={"timeout": 60, "max_concurrency": 2_000},
        logging={"access": {"enabled": False}},
    )
    class Service:
        """Our predictor behind BentoML."""

        def __init__(self) -> None:
            from benchmarks.serving_peers.model import Model

            self.model = Model(os.environ["BENCH_FOLDER"])

        @bentoml.api(
            batchable=True, max_batch_size=BATCH, max_latency_ms=WAIT_MS, route="/v1/predict"
        )
        def predict(self, inputs: list[str]) -> list[dict[str, Any]]:
            """Answer a batch."""
            return self.model.answer(list(inputs))
