"""How methods train a classifier of texts: one row a text, a cosine head that starts as centroids.

Shapes: B texts, T tokens, D width, S labels with training rows, K labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from undercut.core.contracts import Prepared
from undercut.models.encoder.base import Base
from undercut.models.encoder.frontend import TextFrontend
from undercut.models.encoder.module import pool, save_model

SCALE = 20.0
"""Factor on the cosines: 1 is too flat for a softmax to become sure of anything."""
UNSEEN_BIAS = -40.0
"""Logit of a label without training rows: below any other, so it is never the answer."""


class CosineHead(nn.Module):
    """Logits ``SCALE * cos(row, weight)``.

    Args:
        weight: ``float32 (S, D)``.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.pace: dict[str, float] = {}

    def forward(self, rows: Tensor, arrays: Mapping[str, Tensor]) -> Tensor:
        """Rows ``(R, D)`` to logits ``(R, S)``."""
        return SCALE * F.normalize(rows, dim=-1) @ F.normalize(self.weight, dim=-1).T

    def final(self) -> tuple[Tensor, Tensor, float]:
        """Return weight ``(S, D)`` and bias ``(S,)`` for unit rows, and the factor on products."""
        return F.normalize(self.weight.detach(), dim=-1), torch.zeros(len(self.weight)), SCALE


class LinearHead(nn.Module):
    """Logits ``unit row @ weight.T + bias``.

    Args:
        weight: ``float32 (S, D)``.
        bias: ``float32 (S,)``.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)
        self.pace: dict[str, float] = {}

    def forward(self, rows: Tensor, arrays: Mapping[str, Tensor]) -> Tensor:
        """Rows ``(R, D)`` to logits ``(R, S)``."""
        return F.normalize(rows, dim=-1) @ self.weight.T + self.bias

    def final(self) -> tuple[Tensor, Tensor, float]:
        """Return weight ``(S, D)`` and bias ``(S,)`` for unit rows, and the factor on products."""
        return self.weight.detach(), self.bias.detach(), 1.0


class EncoderNetwork:
    """A classifier of texts over one base; see :class:`undercut.training.network.Network`."""

    name = "encoder"
    starts_from_rows = True

    def __init__(self, base: Base, max_tokens: int) -> None:
        self.base, self.max_tokens = base, max_tokens
        self.frontend = TextFrontend(base.folder / "tokenizer.json", max_tokens, pad_id=base.pad_id)

    def token_ids(self, prepared: Prepared) -> Iterable[Sequence[int]]:
        """Return the token ids of each text."""
        items: Iterable[Sequence[int]] = prepared.items
        return items

    def gather(self, h: Tensor, mask: Tensor, arrays: Mapping[str, Tensor]) -> Tensor:
        """Hidden states ``(B, T, D)`` to one row a text ``float32 (B, D)``."""
        return pool(h, mask, self.base.pooling)

    def head(self, rows: Callable[[], Tensor], y: Tensor, classes: int, seed: int) -> CosineHead:
        """Return a cosine head whose rows are the centroids of the classes."""
        return CosineHead(centroids(rows(), y, classes))

    def linear(self, weight: Tensor, bias: Tensor) -> LinearHead:
        """Return a linear head."""
        return LinearHead(weight, bias)

    def reopened(self, module: Any, temperature: float) -> LinearHead:
        """Return the head of a fitted model, for all labels, calibrated at temperature 1."""
        weight = module.weight.detach() * module.scale
        return LinearHead(weight / temperature, module.bias.detach() / temperature)

    def save(
        self,
        out: Path,
        head: CosineHead | LinearHead,
        seen: np.ndarray,
        labels: int,
        trained: Mapping[str, Tensor],
    ) -> tuple[dict[str, Any], int]:
        """Write the files; return the config and the head's parameters."""
        arrays, config = full_head(self, head, seen, labels)
        save_model(out, self.base, arrays["weight"], arrays["bias"], trained)
        return config, sum(a.size for a in arrays.values())


def full_head(
    network: EncoderNetwork, head: CosineHead | LinearHead, seen: np.ndarray, labels: int
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return weight ``(K, D)`` and bias ``(K,)`` of a head for all labels, and the config."""
    weight, bias, scale = head.final()
    full = np.zeros((labels, weight.shape[1]), np.float32)
    full[seen] = weight.numpy()
    offset = np.full(labels, UNSEEN_BIAS, np.float32)
    offset[seen] = bias.numpy()
    config = {
        "pooling": network.base.pooling,
        "normalise": True,
        "scale": scale,
        "max_tokens": network.max_tokens,
        "pad_id": network.base.pad_id,
    }
    return {"weight": full, "bias": offset}, config


def open_network(base: Base, max_tokens: int) -> EncoderNetwork:
    """Return the classifier over a base that reads ``max_tokens`` of a text."""
    return EncoderNetwork(base, max_tokens)


def centroids(e: Tensor, y: Tensor, classes: int) -> Tensor:
    """Return the normalised mean of each class's normalised rows, ``float32 (S, D)``.

    Args:
        e: pooled outputs ``float32 (n, D)``.
        y: ``int64 (n,)`` in ``range(classes)``.
        classes: S.
    """
    total = torch.zeros(classes, e.shape[1]).index_add_(0, y, F.normalize(e, dim=-1))
    return F.normalize(total, dim=-1)
