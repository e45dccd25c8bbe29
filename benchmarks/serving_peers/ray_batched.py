"""Ray Serve with ``@serve.batch``: ``--batch`` texts and ``--wait-ms`` at most; one replica."""

from __future__ import annotations

import os
import signal
from typing import Any

from benchmarks.serving_peers.model import Model, options

if __name__ == "__main__":
    asked = options()
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DISABLE_IMPORT_WARNING": "1"}
    import ray
    from ray import serve
    from starlette.requests import Request

    @serve.deployment(num_replicas=1, max_ongoing_requests=2_000, ray_actor_options={"num_cpus": 0})
    class Service:
        """Our predictor behind Ray Serve."""

        def __init__(self, folder: str) -> None:
            self.model = Model(folder)

        @serve.batch(max_batch_size=asked.batch, batch_wait_timeout_s=asked.wait_ms / 1e3)
        async def batched(self, texts: list[str]) -> list[dict[str, Any]]:
            """Answer a batch."""
            return self.model.answer(texts)

        async def __call__(self, request: Request) -> dict[str, Any]:
            """Answer one text."""
            return await self.batched((await request.json())["inputs"])

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    serve.start(http_options={"host": "127.0.0.1", "port": asked.port})
    serve.run(Service.bind(asked.folder), route_prefix="/v1/predict", blocking=False)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    serve.shutdown()
    ray.shutdown()
