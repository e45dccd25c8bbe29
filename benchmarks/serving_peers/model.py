"""What every peer answers with: our predictor, one call a batch."""

from __future__ import annotations

import argparse
from typing import Any


def options() -> argparse.Namespace:
    """Return what a peer is told: the model, where to listen, how to batch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--wait-ms", type=float, default=0.0)
    parser.add_argument("--way", default="")
    return parser.parse_args()


class Model:
    """An artefact on its best runtime, one thread."""

    def __init__(self, folder: str) -> None:
        import undercut

        self._predictor = undercut.load(folder, threads=1)
        self.answer(["warm up"])

    def answer(self, texts: list[str]) -> list[dict[str, Any]]:
        """Return label and probability of each text."""
        found = self._predictor.predict(texts)
        return [{"label": p.label, "probability": p.probability} for p in found]
