"""Runs the dummy architecture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from undercut.core.types import Manifest


class DummySession:
    """Computes ``length @ slope + bias``."""

    def __init__(self, slope: np.ndarray, bias: np.ndarray) -> None:
        self.slope, self.bias = slope, bias

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return outputs ``(n, K)``."""
        return arrays["length"] @ self.slope + self.bias


def load(folder: Path, manifest: Manifest, threads: int) -> DummySession:
    """Load the two arrays of a dummy artefact."""
    weights = load_file(folder / "dummy.safetensors")
    return DummySession(weights["slope"], weights["bias"])
