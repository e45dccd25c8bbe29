"""The network: BERT's body, and a head that also reads features of words.

A tokenizer may fold case; the shape of a word and a convolution over its characters (Ma and Hovy
2016, End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF, ACL, section 2.1) see it.

Shapes: B windows, T tokens, D width, W words read, R words that get scores, F features, S tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from undercut.core.types import Manifest
from undercut.models.encoder.base import Base
from undercut.models.encoder.module import Body, load_body, save_body
from undercut.models.tagger.letters import CHARACTERS, SHAPES

SHAPE_WIDTH, CHARACTER_WIDTH, FILTERS = 32, 32, 64
NEAR = 3
"""Characters that a filter of the convolution sees."""
HEAD = "head.safetensors"


class TagHead(nn.Module):
    """Features of words, and the logits of words that get scores.

    ``logits = row @ weight.T + features @ out.T + bias``; ``out`` is zero at first.

    Args:
        weight: ``float32 (S, D)``.
        bias: ``float32 (S,)``.
        normalise: whether rows are scaled to length 1 before the product.
        seed: of the tables and filters.
    """

    def __init__(self, weight: Tensor, bias: Tensor, normalise: bool, seed: int = 0) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(seed)

        def normal(*shape: int, scale: float) -> nn.Parameter:
            return nn.Parameter(torch.randn(*shape, generator=random) * scale)

        count = SHAPE_WIDTH + FILTERS
        wide = NEAR * CHARACTER_WIDTH
        self.weight, self.bias, self.normalise = nn.Parameter(weight), nn.Parameter(bias), normalise
        self.shapes = normal(SHAPES, SHAPE_WIDTH, scale=0.5)
        self.characters = normal(CHARACTERS, CHARACTER_WIDTH, scale=0.5)
        self.filters = normal(FILTERS, wide, scale=wide**-0.5)
        self.filter_bias = nn.Parameter(torch.zeros(FILTERS))
        self.out = nn.Parameter(torch.zeros(len(weight), count))
        self.pace = {name: 5.0 for name, _ in self.named_parameters()}

    def table(self, arrays: Mapping[str, Tensor]) -> Tensor:
        """Return the features of the words, ``float32 (1 + W, F)``; row 0 is zeros."""
        c = F.embedding(arrays["characters"], self.characters)  # (W, L, C)
        c = F.pad(c, (0, 0, 1, 1))
        length = c.shape[1] - NEAR + 1
        c = torch.cat([c[:, i : i + length] for i in range(NEAR)], dim=-1)  # (W, L, 3 C)
        found = F.relu(c @ self.filters.T + self.filter_bias).amax(1)  # (W, filters)
        joined = torch.cat([F.embedding(arrays["shapes"], self.shapes), found], dim=-1)
        return F.pad(joined, (0, 0, 1, 0))

    def forward(self, rows: Tensor, arrays: Mapping[str, Tensor]) -> Tensor:
        """Rows ``float32 (R, D)`` to logits ``float32 (R, S)``."""
        at = arrays["word_of"].flatten()[arrays["firsts"]]
        more = F.embedding(at, self.table(arrays) @ self.out.T)
        rows = F.normalize(rows, dim=-1) if self.normalise else rows
        return rows @ self.weight.T + self.bias + more


def gather(h: Tensor, firsts: Tensor) -> Tensor:
    """Hidden states ``(B, T, D)`` to those of words' first tokens, ``float32 (R, D)``."""
    return h.flatten(0, 1).index_select(0, firsts).float()


class Tagger(nn.Module):
    """Body and head.

    Args:
        body: the encoder.
        head: for all K tags.
    """

    def __init__(self, body: Body, head: TagHead) -> None:
        super().__init__()
        self.body, self.head = body, head

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **arrays: Tensor) -> Tensor:
        """The front end's arrays to logits ``float32 (R, K)``."""
        h = self.body.climb(self.body.embed(input_ids), attention_mask.bool())
        logits: Tensor = self.head(gather(h, arrays["firsts"]), arrays)
        return logits


def load_module(folder: Path, manifest: Manifest) -> Tagger:
    """Load a tagger artefact of format ``torch`` in float32."""
    tensors = load_file(Path(folder) / HEAD)
    normalise = bool(manifest.config.get("normalise", False))
    head = TagHead(tensors["weight"], tensors["bias"], normalise)
    head.load_state_dict(tensors)
    return Tagger(load_body(folder), head).eval()


def save_model(out: Path, base: Base, head: TagHead, trained: Mapping[str, Tensor]) -> None:
    """Write an artefact's files of format ``torch``.

    Args:
        out: folder to write to.
        base: pretrained model the body came from.
        head: for all K tags.
        trained: tensors that replace those of the base, by their name in ``Body``.
    """
    save_body(out, base, trained)
    tensors = {n: t.detach().float().contiguous() for n, t in head.state_dict().items()}
    save_file(tensors, out / HEAD)
