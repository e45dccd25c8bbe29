"""Why an encoder answers as it does: integrated gradients over the word vectors of its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Encoding
from torch import Tensor

from undercut.core.explaining import Attribution
from undercut.core.types import Manifest
from undercut.models.encoder.frontend import TextFrontend, open_frontend
from undercut.models.encoder.gradients import integrate, mask_of
from undercut.models.encoder.module import Classifier, load_module

METHOD = (
    "integrated gradients over the word vectors, from masked tokens to the text; "
    "pieces of words added up"
)


class EncoderExplainer:
    """Shares out the logits of an opened encoder artefact of format ``torch``.

    Args:
        module: the network.
        frontend: its front end.
    """

    method = METHOD

    def __init__(self, module: Classifier, frontend: TextFrontend) -> None:
        self._module, self._frontend = module.eval().requires_grad_(False), frontend
        self._blank = mask_of(frontend.tokenizer, frontend.pad_id)

    def attribute(self, value: str, classes: Sequence[int], unit: int = 0) -> Attribution:
        """Return the shares of every character in the scores of ``classes``."""
        read = self._frontend.tokenizer.encode(value)
        ids = torch.tensor([read.ids or [self._frontend.pad_id]])
        special = torch.tensor([read.special_tokens_mask or [1]], dtype=torch.bool)
        blank = torch.where(special, ids, torch.full_like(ids, self._blank))
        a, b = self._module.body.words(blank), self._module.body.words(ids)  # (1, T, D)
        path = integrate(self._scores, a, b, classes)
        shares = _characters(value, read, path.tokens)
        return Attribution(shares, path.start, path.scores, bool(read.overflowing), path.steps)

    def _scores(self, words: Tensor) -> Tensor:
        mask = torch.ones(words.shape[:2], dtype=torch.bool)
        logits = self._module.answer(self._module.body.place(words), mask)
        return logits / self._frontend.temperature


def _characters(text: str, read: Encoding, tokens: np.ndarray) -> np.ndarray:
    """Divide each token's share evenly among the characters it was made from."""
    shares = np.zeros((len(text), tokens.shape[1]))
    for (begin, end), share in zip(read.offsets, tokens, strict=False):
        if end > begin:
            shares[begin:end] += share / (end - begin)
    return shares


def open_explainer(folder: Path, manifest: Manifest) -> EncoderExplainer:
    """Open an encoder artefact of format ``torch``."""
    return EncoderExplainer(load_module(folder, manifest), open_frontend(folder, manifest))
