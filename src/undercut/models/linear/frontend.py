"""Text to sparse rows and margins to probabilities, without torch or scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.contracts import Prepared
from undercut.core.errors import IntegrityError, Problem, fail
from undercut.core.types import Manifest
from undercut.models.linear import files
from undercut.models.linear.tfidf import Features, Vectoriser


class LinearFrontend:
    """Prepares texts for a linear model and finishes its margins.

    Args:
        features: columns and idf learned in training.
        temperature: divides the margins before the softmax.
    """

    def __init__(self, features: Features, temperature: float) -> None:
        self._rows = Vectoriser(features)
        self.temperature = temperature

    def prepare(self, inputs: Sequence[Any]) -> Prepared:
        """Turn texts into sparse TF-IDF rows; ``sizes`` are non-zeros, at least 1.

        Raises:
            UndercutError: an input is not text.
        """
        for i, text in enumerate(inputs):
            if not isinstance(text, str):
                raise fail(
                    "input-type",
                    expected="text as every input",
                    found=type(text).__name__,
                    where=f"input {i}",
                )
        rows = self._rows(inputs)
        sizes = np.maximum(np.diff(rows.indptr), 1)
        return Prepared(rows, sizes, np.zeros(len(inputs), bool))

    def collate(self, prepared: Prepared, index: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Return the CSR arrays ``indptr``, ``indices`` and ``values`` of rows in that order."""
        rows = prepared.items[np.asarray(index, np.int64)]
        return {"indptr": rows.indptr, "indices": rows.indices, "values": rows.data}

    def finish(
        self, outputs: np.ndarray, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Turn margins ``(n, K)`` into calibrated log-probabilities ``float32 (n, K)``."""
        return log_probabilities(outputs, self.temperature)


def log_probabilities(margins: np.ndarray, temperature: float) -> np.ndarray:
    """Return ``log_softmax(margins / temperature)`` as ``float32 (n, K)``."""
    z = np.asarray(margins, np.float64) / temperature
    z -= z.max(axis=-1, keepdims=True)
    z -= np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return z.astype(np.float32)


def open_frontend(folder: Path, manifest: Manifest) -> LinearFrontend:
    """Open the front end of a linear artefact.

    Raises:
        IntegrityError: the weights file or the temperature is missing or broken.
    """
    features, _ = files.read(folder, manifest.config, len(manifest.labels))
    temperature = manifest.config.get("temperature")
    if not isinstance(temperature, int | float) or not temperature > 0:
        raise IntegrityError(
            "linear-config",
            Problem("a temperature above 0", repr(temperature), f"{folder}/manifest.json"),
        )
    return LinearFrontend(features, float(temperature))
