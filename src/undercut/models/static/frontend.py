"""Texts to piece ids and margins to probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from undercut.core.contracts import Prepared
from undercut.core.types import Manifest
from undercut.models.encoder.frontend import check_texts, open_tokenizer
from undercut.models.hashed.frontend import log_softmax


def pieces(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the piece ids of texts one after the other, and where each text starts.

    Special tokens are left out; the whole text is read.

    Returns:
        ``int64 (m,)`` ids and ``int64 (n + 1,)`` bounds.
    """
    rows = [e.ids for e in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    bounds = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(r) for r in rows], out=bounds[1:])
    return np.fromiter(chain.from_iterable(rows), np.int64, int(bounds[-1])), bounds


class StaticFrontend:
    """Cuts texts into pieces.

    Args:
        tokenizer: of the encoder the model was made from.
        temperature: divides the margins before the softmax.
    """

    def __init__(self, tokenizer: Tokenizer, temperature: float) -> None:
        self.tokenizer, self.temperature = tokenizer, temperature

    def prepare(self, inputs: Sequence[Any]) -> Prepared:
        """Tokenise texts; ``items`` are their piece ids and bounds.

        Raises:
            UndercutError: an input is not text.
        """
        found = pieces(self.tokenizer, check_texts(inputs))
        n = len(inputs)
        return Prepared(found, np.ones(n, np.int64), np.zeros(n, bool))

    def collate(
        self, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> Mapping[str, np.ndarray]:
        """Return ``ids`` of the pieces, ``int64 (m,)``, and ``bounds`` of the texts in them."""
        ids, bounds = prepared.items
        at = np.asarray(index, np.int64)
        parts = [ids[bounds[i] : bounds[i + 1]] for i in at]
        return {
            "ids": np.concatenate(parts) if parts else ids[:0],
            "bounds": np.concatenate([[0], np.cumsum([len(p) for p in parts], dtype=np.int64)]),
        }

    def finish(
        self, outputs: np.ndarray, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Turn margins ``(n, K)`` into calibrated log-probabilities ``float32 (n, K)``."""
        return log_softmax(outputs, self.temperature)


def open_frontend(folder: Path, manifest: Manifest) -> StaticFrontend:
    """Open the front end of a static artefact."""
    tokenizer = open_tokenizer(Path(folder) / "tokenizer.json")
    return StaticFrontend(tokenizer, float(manifest.config.get("temperature", 1.0)))
