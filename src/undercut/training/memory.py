"""Memory that training needs: weights, what the optimiser keeps, and what backward passes read."""

from __future__ import annotations

from undercut.training.trunk import Trunk

OPTIMISER = 8
"""Bytes AdamW keeps of a trained parameter: two moments in float32."""
GRADIENT = 4
"""Bytes of a summed gradient, float32."""


def training_memory(trunk: Trunk, tokens: int, longest: int) -> int:
    """Return the bytes that training takes beside the program itself; an estimate.

    States kept for the backward pass are those of Korthikanti et al. 2022 (Reducing Activation
    Recomputation in Large Transformer Models, equation 1), without dropout masks: about
    ``h * (32 + 4 * a * s / h)`` bytes a token and layer in 16 bits.

    Args:
        trunk: what is trained, in its format.
        tokens: padded tokens of a batch.
        longest: tokens of the longest piece.
    """
    body, trained = trunk.body, trunk.parameters().values()
    weights = sum(p.numel() * p.element_size() for p in body.parameters())
    exact = sum(p.numel() * p.element_size() for p in trunk.exact.values())
    moved = sum(p.numel() * (OPTIMISER + GRADIENT + p.element_size()) for p in trained)
    width, heads = body.words.embedding_dim, body.heads
    size = body.words.weight.element_size() / 2  # the formula is for 16 bits
    layers = len(body.layers) - trunk.first
    states = tokens * layers * (32 * width + 4 * heads * longest) * size
    return int(weights + exact + moved + states)
