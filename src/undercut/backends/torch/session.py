"""Run an artefact of format ``torch`` in PyTorch: float32 and exact, or bfloat16 if it says so."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from undercut.core import plugins
from undercut.core.contracts import VECTOR
from undercut.core.types import Manifest


class TorchSession:
    """A module in evaluation mode with a number of threads of its own."""

    def __init__(self, module: torch.nn.Module, threads: int) -> None:
        self.module, self.threads = module.eval(), threads

    @property
    def embeds(self) -> bool:
        """Whether the module gives vectors."""
        return hasattr(self.module, VECTOR)

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return logits ``float32 (n, K)`` of one batch."""
        return self._call(self.module, arrays)

    def embed(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return vectors ``float32 (n, D)`` of one batch."""
        return self._call(getattr(self.module, VECTOR), arrays)

    def _call(self, work: Callable[..., torch.Tensor], arrays: Mapping[str, np.ndarray]) -> Any:
        before = torch.get_num_threads()
        if before != self.threads:
            torch.set_num_threads(self.threads)
        try:
            with torch.inference_mode():
                inputs = {name: torch.from_numpy(a) for name, a in arrays.items()}
                return work(**inputs).float().numpy()
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
