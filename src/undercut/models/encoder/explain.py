"""Why an encoder answers as it does: integrated gradients over the word vectors of its tokens.

Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep Networks, ICML (arXiv:1703.01365),
equation 1 on page 3. The path runs from the same sequence with every token of the text replaced by
the mask token (the special tokens stay, so that they get no share) to the text itself. The
integral is taken by Gauss-Legendre quadrature, whose error falls much faster than that of the
paper's Riemann sum (section 5); steps are doubled until the shares add up to the difference of
the scores (completeness, proposition 1), and what is left is reported as the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Encoding
from torch import Tensor

from undercut.core.contracts import Attribution
from undercut.core.types import Manifest
from undercut.models.encoder.frontend import TextFrontend, open_frontend
from undercut.models.encoder.module import Classifier, load_module

STEPS = (16, 32, 64, 128, 256)
TOLERANCE = 0.01
"""Largest gap that needs no more steps: a share of the change along the path, at least of 1."""
BATCH_TOKENS = 2048


class EncoderExplainer:
    """Shares out the logits of an opened encoder artefact of format ``torch``.

    Args:
        module: the network.
        frontend: its front end.
    """

    method = (
        "integrated gradients over the word vectors, from masked tokens to the text; "
        "pieces of words added up"
    )

    def __init__(self, module: Classifier, frontend: TextFrontend) -> None:
        self._module, self._frontend = module.eval().requires_grad_(False), frontend
        known = (frontend.tokenizer.token_to_id(t) for t in ("[MASK]", "<mask>"))
        self._blank = next((i for i in known if i is not None), frontend.pad_id)

    def attribute(self, text: str, classes: Sequence[int]) -> Attribution:
        """Return the shares of every character in the scores of ``classes``."""
        read = self._frontend.tokenizer.encode(text)
        ids = torch.tensor([read.ids or [self._frontend.pad_id]])
        special = torch.tensor([read.special_tokens_mask or [1]], dtype=torch.bool)
        blank = torch.where(special, ids, torch.full_like(ids, self._blank))
        a, b = self._module.body.words(blank), self._module.body.words(ids)  # (1, T, D)
        ends = self._logits(torch.cat([a, b])) / self._frontend.temperature  # (2, K)
        start, scores = ends[:, list(classes)].double().numpy()
        for steps in STEPS:
            tokens = self._integrate(a, b, classes, steps)  # (T, C)
            if _complete(scores - start, tokens.sum(axis=0)):
                break
        cut = bool(read.overflowing)
        return Attribution(_characters(text, read, tokens), start, scores, cut, steps)

    def _logits(self, words: Tensor) -> Tensor:
        mask = torch.ones(words.shape[:2], dtype=torch.bool)
        return self._module.answer(self._module.body.place(words), mask)

    def _integrate(self, a: Tensor, b: Tensor, classes: Sequence[int], steps: int) -> np.ndarray:
        """Return each token's share in the scores of ``classes``, ``float64 (T, C)``."""
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        at = torch.tensor((nodes + 1) / 2, dtype=torch.float32)
        weight = torch.tensor(weights / 2, dtype=torch.float64)
        total = torch.zeros(len(classes), *a.shape[1:], dtype=torch.float64)  # (C, T, D)
        size = max(BATCH_TOKENS // a.shape[1], 1)
        for begin in range(0, steps, size):
            part = slice(begin, begin + size)
            x = (a + at[part, None, None] * (b - a)).requires_grad_()  # (S, T, D)
            logits = self._logits(x) / self._frontend.temperature
            for c, k in enumerate(classes):
                (slope,) = torch.autograd.grad(
                    logits[:, k].sum(), x, retain_graph=c + 1 < len(classes)
                )
                total[c] += (weight[part, None, None] * slope.double()).sum(0)
        shares: np.ndarray = (total * (b - a).double()).sum(-1).T.numpy()
        return shares


def _complete(change: np.ndarray, found: np.ndarray) -> bool:
    """Tell whether shares add up: for every class, and for its difference from the first."""
    gap = change - found
    change, gap = np.append(change, change - change[0]), np.append(gap, gap - gap[0])
    return bool((np.abs(gap) <= TOLERANCE * np.maximum(np.abs(change), 1.0)).all())


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
