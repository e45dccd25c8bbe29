"""How methods train an adapted encoder: as an encoder, but only the difference is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file
from torch import Tensor

from undercut.models.adapted.files import CONFIG, HEAD, WEIGHTS, published_name
from undercut.models.encoder.base import Base, file_sha256
from undercut.models.encoder.training import CosineHead, EncoderNetwork, LinearHead, full_head


class AdaptedNetwork(EncoderNetwork):
    """A classifier of texts whose body is a shared base and a small difference.

    Attributes:
        settings: content of ``adapter_config.json``; the method fills it in before it saves.
    """

    name = "adapted"

    def __init__(self, base: Base, max_tokens: int) -> None:
        super().__init__(base, max_tokens)
        self.settings: dict[str, Any] = {}

    def limit(self, most: int) -> None:
        """Read at most ``most`` tokens of a text: virtual tokens take up positions."""
        if most < self.max_tokens:
            self.max_tokens = most
            self.frontend.tokenizer.enable_truncation(most)

    def describe(self, kind: str, base: str, **more: Any) -> None:
        """Set the settings of a kind of adapter that peft does not have.

        Args:
            kind: ``HOULSBY`` or ``BITFIT``.
            base: what the user called the base.
            more: what else is to be known.
        """
        named = published_name(self.base, base)
        self.settings = {"adapter_type": kind, "base_model_name_or_path": named, **more}

    def save(
        self,
        out: Path,
        head: CosineHead | LinearHead,
        seen: np.ndarray,
        labels: int,
        trained: Mapping[str, Tensor],
    ) -> tuple[dict[str, Any], int]:
        """Write the difference, under the names that ``trained`` has, and the head."""
        arrays, settings = full_head(self, head, seen, labels)
        tensors = {k: v.detach().float().contiguous() for k, v in trained.items()}
        save_file(tensors, out / WEIGHTS, metadata={"format": "pt"})
        text = json.dumps(self.settings, indent=2, sort_keys=True)
        (out / CONFIG).write_text(text, encoding="utf-8")
        save_arrays(arrays, str(out / HEAD))
        tokenizer = file_sha256(self.base.folder / "tokenizer.json")
        config = {**settings, "base": self.base.sha256, "tokenizer": tokenizer}
        return config, sum(a.size for a in arrays.values())


def open_network(base: Base, max_tokens: int) -> AdaptedNetwork:
    """Return the classifier over a base that reads ``max_tokens`` of a text."""
    return AdaptedNetwork(base, max_tokens)
