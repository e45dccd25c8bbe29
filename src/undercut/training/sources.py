"""Where training batches come from: token ids, kept hidden states, or states made on the spot.

Shapes: B texts, T tokens of the longest, D width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from undercut.core.types import Frontend, Prepared
from undercut.models.encoder.module import Body


class Source(Protocol):
    """Rows that a training step can ask for by index."""

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each row, ``int64 (n,)``."""

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return what the trained layers read, ``(B, T)`` or ``(B, T, D)``, and its mask."""


@dataclass(frozen=True)
class Tokens:
    """Token ids.

    Attributes:
        frontend: it prepared the texts.
        prepared: the texts.
        renumber: new id of each id, ``int64 (V,)``, when the word table is trimmed.
    """

    frontend: Frontend
    prepared: Prepared
    renumber: np.ndarray | None = None

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each text, ``int64 (n,)``."""
        return np.asarray(self.prepared.sizes, np.int64)

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return ids ``int64 (B, T)`` and mask ``bool (B, T)``."""
        arrays = self.frontend.collate(self.prepared, index)
        ids = arrays["input_ids"]
        if self.renumber is not None:
            ids = self.renumber[ids]
        return torch.from_numpy(ids), torch.from_numpy(arrays["attention_mask"]).bool()


@dataclass(frozen=True)
class States:
    """Hidden states of n texts, one text's tokens after the other.

    Attributes:
        tokens: ``(sum of lengths, D)``.
        starts: ``int64 (n + 1,)``; text i owns rows ``starts[i]`` to ``starts[i + 1]``.
    """

    tokens: Tensor
    starts: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each text, ``int64 (n,)``."""
        return np.diff(self.starts)

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return states ``(B, T, D)``, zeros where padded, and mask ``bool (B, T)``."""
        sizes = torch.from_numpy(self.sizes[index])
        at = torch.arange(int(sizes.max()))
        mask = at < sizes[:, None]  # (B, T)
        rows = (torch.from_numpy(self.starts[index])[:, None] + at) * mask
        return self.tokens[rows] * mask[..., None], mask


@dataclass(frozen=True)
class LowerLayers:
    """Hidden states computed each time they are asked for: when keeping them takes too much room.

    Attributes:
        body: its layers below ``layer`` are frozen.
        tokens: the texts.
        layer: number of layers to climb.
    """

    body: Body
    tokens: Tokens
    layer: int

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each text, ``int64 (n,)``."""
        return self.tokens.sizes

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return states ``(B, T, D)`` and mask ``bool (B, T)``."""
        ids, mask = self.tokens.batch(index)
        with torch.no_grad():
            return self.body.climb(self.body.embed(ids), mask, 0, self.layer), mask


def random_states(sizes: np.ndarray, width: int, dtype: torch.dtype) -> States:
    """Return states of texts of these sizes with random values, to time training with."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return States(torch.randn(int(starts[-1]), width).to(dtype), starts)
