"""Integrated gradients over word vectors, for any network that starts with them.

Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep Networks, ICML (arXiv:1703.01365),
equation 1 on page 3. The path runs from the same sequence with every token of the text replaced by
the mask token (the special tokens stay, so that they get no share) to the text itself. The
integral is taken by Gauss-Legendre quadrature, whose error falls much faster than that of the
paper's Riemann sum (section 5); steps are doubled until the shares add up to the difference of
the scores (completeness, proposition 1), and what is left is reported as the gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

STEPS = (16, 32, 64, 128, 256)
TOLERANCE = 0.01
"""Largest gap that needs no more steps: a share of the change along the path, at least of 1."""
BATCH_TOKENS = 2048


class Path(NamedTuple):
    """What integrating gave.

    Attributes:
        tokens: each token's share in each score, ``float64 (T, C)``.
        start, scores: at either end of the path, ``float64 (C,)``.
        steps: gradients computed.
    """

    tokens: np.ndarray
    start: np.ndarray
    scores: np.ndarray
    steps: int


def integrate(
    scores_of: Callable[[Tensor], Tensor], a: Tensor, b: Tensor, classes: Sequence[int]
) -> Path:
    """Share out the change of scores along the straight path between word vectors.

    Args:
        scores_of: word vectors ``(S, T, D)`` to scores ``(S, K)``.
        a: vectors of masked tokens, ``(1, T, D)``.
        b: vectors of the text's tokens, ``(1, T, D)``.
        classes: scores that are wanted.
    """
    with torch.no_grad():
        ends = scores_of(torch.cat([a, b]))[:, list(classes)].double().numpy()
    start, scores = ends
    for steps in STEPS:
        tokens = _summed(scores_of, a, b, classes, steps)
        if _complete(scores - start, tokens.sum(axis=0)):
            break
    return Path(tokens, start, scores, steps)


def mask_of(tokenizer: Tokenizer, otherwise: int) -> int:
    """Return the id of the mask token, or another where there is none."""
    known = (tokenizer.token_to_id(t) for t in ("[MASK]", "<mask>"))
    return next((i for i in known if i is not None), otherwise)


def _summed(
    scores_of: Callable[[Tensor], Tensor], a: Tensor, b: Tensor, classes: Sequence[int], steps: int
) -> np.ndarray:
    """Return each token's share in the scores of ``classes``, ``float64 (T, C)``."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    at = torch.tensor((nodes + 1) / 2, dtype=torch.float32)
    weight = torch.tensor(weights / 2, dtype=torch.float64)
    total = torch.zeros(len(classes), *a.shape[1:], dtype=torch.float64)  # (C, T, D)
    size = max(BATCH_TOKENS // a.shape[1], 1)
    for begin in range(0, steps, size):
        part = slice(begin, begin + size)
        x = (a + at[part, None, None] * (b - a)).requires_grad_()  # (S, T, D)
        scores = scores_of(x)
        for c, k in enumerate(classes):
            (slope,) = torch.autograd.grad(scores[:, k].sum(), x, retain_graph=c + 1 < len(classes))
            total[c] += (weight[part, None, None] * slope.double()).sum(0)
    shares: np.ndarray = (total * (b - a).double()).sum(-1).T.numpy()
    return shares


def _complete(change: np.ndarray, found: np.ndarray) -> bool:
    """Tell whether shares add up: for every class, and for its difference from the first."""
    gap = change - found
    change, gap = np.append(change, change - change[0]), np.append(gap, gap - gap[0])
    return bool((np.abs(gap) <= TOLERANCE * np.maximum(np.abs(change), 1.0)).all())
