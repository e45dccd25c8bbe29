"""Run an artefact of format ``torch`` in PyTorch: float32 and exact, or bfloat16 if it says so."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from undercut.core import plugins
from undercut.core.types import Manifest


class TorchSession:
    """A module in evaluation mode with a number of threads of its own."""

    def __init__(self, module: torch.nn.Module, threads: int) -> None:
        self.module, self.threads = module.eval(), threads

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return logits ``float32 (n, K)`` of one batch."""
        before = torch.get_num_threads()
        if before != self.threads:
            torch.set_num_threads(self.threads)
        try:
            with torch.inference_mode():
                inputs = {name: torch.from_numpy(a) for name, a in arrays.items()}
                logits: np.ndarray = self.module(**inputs).float().numpy()
                return logits
        finally:
            if before != self.threads:
                torch.set_num_threads(before)


def load(folder: Path, manifest: Manifest, threads: int) -> TorchSession:
    """Open the artefact in ``folder`` with ``threads`` cores.

    Numbers are float32 unless the manifest's ``config["precision"]`` is ``"bfloat16"``.
    """
    info = plugins.get("model", manifest.architecture)
    module = plugins.attr(info.module)(Path(folder), manifest)
    if manifest.config.get("precision") == "bfloat16":
        # The head stays exact. A copy: models that share a base may be open in other numbers.
        module.body = copy.deepcopy(module.body).to(torch.bfloat16)
    return TorchSession(module, threads)
