"""How methods train a tagger: one row a word, its first token; a linear head that starts at zero.

Shapes: B windows, T tokens, D width, R words that get a tag, S tags with training words, K tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from undercut.core.contracts import Prepared
from undercut.models.encoder.base import Base
from undercut.models.encoder.training import UNSEEN_BIAS
from undercut.models.tagger.frontend import TaggerFrontend
from undercut.models.tagger.module import TagHead, gather, save_model


class TaggerNetwork:
    """A tagger over one base; see :class:`undercut.training.network.Network`."""

    name = "tagger"
    starts_from_rows = False

    def __init__(self, base: Base, max_tokens: int) -> None:
        self.base, self.max_tokens = base, max_tokens
        self.frontend = TaggerFrontend(
            base.folder / "tokenizer.json", max_tokens, pad_id=base.pad_id
        )

    def token_ids(self, prepared: Prepared) -> Iterable[Sequence[int]]:
        """Return the token ids of each window."""
        return (piece.ids.tolist() for piece in prepared.items)

    def gather(self, h: Tensor, mask: Tensor, arrays: Mapping[str, Tensor]) -> Tensor:
        """Hidden states ``(B, T, D)`` to one row a word, ``float32 (R, D)``."""
        return gather(h, arrays["firsts"])

    def head(self, rows: Callable[[], Tensor], y: Tensor, classes: int, seed: int) -> TagHead:
        """Return a head that answers the same for every word."""
        return TagHead(torch.zeros(classes, self.base.width), torch.zeros(classes), False, seed)

    def linear(self, weight: Tensor, bias: Tensor) -> TagHead:
        """Return a head over unit rows without features of words."""
        return TagHead(weight, bias, normalise=True)

    def reopened(self, module: Any, temperature: float) -> TagHead:
        """Return the head of a fitted model, for all tags, calibrated at temperature 1."""
        head: TagHead = module.head
        with torch.no_grad():
            for part in (head.weight, head.bias, head.out):
                part.div_(temperature)
        return head

    def save(
        self,
        out: Path,
        head: TagHead,
        seen: np.ndarray,
        labels: int,
        trained: Mapping[str, Tensor],
    ) -> tuple[dict[str, Any], int]:
        """Write the files; return the config and the head's parameters."""
        at = torch.from_numpy(seen)
        whole = TagHead(
            torch.zeros(labels, self.base.width), torch.full((labels,), UNSEEN_BIAS), head.normalise
        )
        rows = ("weight", "bias", "out")
        with torch.no_grad():
            for name, value in head.named_parameters():
                place = whole.get_parameter(name)
                if name in rows:
                    place[at] = value
                else:
                    place.copy_(value)
        save_model(out, self.base, whole, trained)
        config = {
            "normalise": head.normalise,
            "max_tokens": self.max_tokens,
            "pad_id": self.base.pad_id,
        }
        return config, sum(p.numel() for p in whole.parameters())


def open_network(base: Base, max_tokens: int) -> TaggerNetwork:
    """Return the tagger over a base that reads windows of ``max_tokens``."""
    return TaggerNetwork(base, max_tokens)
