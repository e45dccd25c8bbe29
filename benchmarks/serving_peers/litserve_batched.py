"""LitServe with its own batching: one worker, at most ``--batch`` texts, ``--wait-ms`` at most."""

from typing import Any

import litserve as ls
from fastapi import Request

from benchmarks.serving_peers.model import Model, options


class Api(ls.LitAPI):
    """Our predictor behind LitServe."""

    def setup(self, device: Any) -> None:
        """Open the model in the worker."""
        self.model = Model(self.folder)

    def decode_request(self, request: Request, **_: Any) -> str:
        """Return the text."""
        return request["inputs"]

    def predict(self, x: Any, **_: Any) -> Any:
        """Answer a batch, or one text where LitServe does not batch."""
        return self.model.answer(x) if isinstance(x, list) else self.model.answer([x])[0]

    def encode_response(self, output: Any, **_: Any) -> Any:
        """Return the answer as it is."""
        return output


if __name__ == "__main__":
    asked = options()
    api = Api(max_batch_size=asked.batch, batch_timeout=asked.wait_ms / 1e3, api_path="/v1/predict")
    api.folder = asked.folder
    server = ls.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=asked.port,
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
    )
