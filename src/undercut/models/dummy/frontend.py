"""Text to one number (its length) and outputs to log-probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.contracts import Prepared
from undercut.core.types import Manifest
from undercut.models.composite.stack import log_softmax

MAX_CHARACTERS = 1000


class DummyFrontend:
    """Reads the length of a text, at most 1,000 characters of it."""

    def prepare(self, inputs: Sequence[Any]) -> Prepared:
        """Return each text's length."""
        lengths = [len(str(text)) for text in inputs]
        items = np.array([min(n, MAX_CHARACTERS) for n in lengths], dtype=np.float32)
        return Prepared(items, [1] * len(lengths), [n > MAX_CHARACTERS for n in lengths])

    def collate(self, prepared: Prepared, index: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Return ``length`` ``(n, 1)``, in thousands of characters."""
        return {"length": prepared.items[np.asarray(index)][:, None] / MAX_CHARACTERS}

    def finish(
        self, outputs: np.ndarray, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Return log-probabilities ``float32 (n, K)``."""
        return log_softmax(outputs.astype(np.float64)).astype(np.float32)


def open_frontend(folder: Path, manifest: Manifest) -> DummyFrontend:
    """Open the front end; the dummy keeps nothing in the folder."""
    return DummyFrontend()
