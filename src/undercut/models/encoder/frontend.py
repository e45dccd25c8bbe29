"""Text to token ids and logits to probabilities, without torch: one code for fit and serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from undercut.core.contracts import Prepared
from undercut.core.errors import fail
from undercut.core.types import Manifest

MAX_TOKENS = 256
"""Tokens read of one text, special tokens included, when the manifest does not say."""


class TextFrontend:
    """Prepares texts for an encoder and finishes its logits.

    Args:
        tokenizer_file: path of a ``tokenizer.json``.
        max_tokens: tokens kept of one text, special tokens included.
        temperature: divides the logits before the softmax.
        pad_id: token id that fills short rows.
    """

    def __init__(
        self,
        tokenizer_file: Path,
        max_tokens: int = MAX_TOKENS,
        temperature: float = 1.0,
        pad_id: int = 0,
    ) -> None:
        self.tokenizer = open_tokenizer(tokenizer_file)
        self.tokenizer.enable_truncation(max_tokens)
        self.temperature = temperature
        self.pad_id = pad_id

    def prepare(self, inputs: Sequence[str]) -> Prepared:
        """Tokenise texts; ``items`` are lists of token ids, ``sizes`` their lengths.

        Raises:
            UndercutError: an input is not text.
        """
        texts = check_texts(inputs)
        encoded = self.tokenizer.encode_batch_fast(texts)
        # A tokenizer without special tokens makes nothing of an empty text; padding stands in.
        ids = [e.ids or [self.pad_id] for e in encoded]
        return Prepared(ids, [len(i) for i in ids], [bool(e.overflowing) for e in encoded])

    def collate(
        self, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> Mapping[str, np.ndarray]:
        """Return ``input_ids`` and ``attention_mask``, both ``int64 (B, T)``, padded right."""
        rows = [prepared.items[i] for i in index]
        longest = max((len(r) for r in rows), default=0)
        ids = np.full((len(rows), longest), self.pad_id, np.int64)
        mask = np.zeros((len(rows), longest), np.int64)
        for b, row in enumerate(rows):
            ids[b, : len(row)] = row
            mask[b, : len(row)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def finish(
        self, outputs: np.ndarray, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Turn logits ``(n, K)`` into calibrated log-probabilities ``float32 (n, K)``."""
        return log_softmax(outputs, self.temperature)


def open_frontend(folder: Path, manifest: Manifest) -> TextFrontend:
    """Open the front end of an encoder artefact, whatever its format."""
    return TextFrontend(Path(folder) / "tokenizer.json", **settings(manifest, MAX_TOKENS))


def settings(manifest: Manifest, max_tokens: int) -> dict[str, Any]:
    """Return what a manifest says of how text is read; ``max_tokens`` where it does not say."""
    config = manifest.config
    return {
        "max_tokens": int(config.get("max_tokens", max_tokens)),
        "temperature": float(config.get("temperature", 1.0)),
        "pad_id": int(config.get("pad_id", 0)),
    }


def log_softmax(outputs: np.ndarray, temperature: float) -> np.ndarray:
    """Return ``log softmax(outputs / temperature)`` over the last axis, float32."""
    z = np.asarray(outputs, np.float64) / temperature
    z -= z.max(axis=-1, keepdims=True)
    z -= np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return z.astype(np.float32)


def open_tokenizer(path: Path) -> Tokenizer:
    """Read a ``tokenizer.json`` with its own truncation and padding switched off.

    Published files may pad every text to a fixed length, which costs many times the work.
    """
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception
        raise fail(
            "tokenizer-file", expected="a tokenizer.json", found=str(error), where=str(path)
        ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def check_texts(inputs: Sequence[str]) -> list[str]:
    """Return ``inputs`` as a list; raise when one is not ``str``."""
    for i, text in enumerate(inputs):
        if not isinstance(text, str):
            raise fail(
                "input-type",
                expected="text as every input",
                found=type(text).__name__,
                where=f"input {i}",
            )
    return list(inputs)
