"""Train a linear model over bags of ids (n-grams, word pieces) on soft targets.

Every id has a vector; a text's are added up, times the text's weight, and a matrix makes scores of
the sum: fastText's classifier (Joulin et al. 2017, Bag of Tricks for Efficient Text
Classification, section 2) without its softmax tree. The two matrices multiply to one table of ids
by classes, which is all that is served: the detour is for the training alone, where it shares
what is learnt among classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from undercut.core.contracts import Progress, silent

EVERY = 20
"""Steps between two ticks of the progress bar."""


@dataclass(frozen=True)
class Bags:
    """The ids of many texts, one text after the other.

    Attributes:
        ids: columns below D, ``int64 (m,)``.
        first: where each text starts, and the end, ``int64 (n + 1,)``.
        weight: what the sum of a text's vectors is multiplied by, ``float32 (n,)``.
    """

    ids: np.ndarray
    first: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.weight)

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Return ids ``(b,)``, where each text starts in them ``(B,)``, and weights ``(b,)``."""
        sizes = self.first[index + 1] - self.first[index]
        start = np.cumsum(sizes) - sizes
        at = np.arange(int(sizes.sum())) + np.repeat(self.first[index] - start, sizes)
        weight = np.repeat(self.weight[index], sizes)
        ids: tuple[Tensor, Tensor, Tensor] = (
            torch.from_numpy(self.ids[at]),
            torch.from_numpy(start),
            torch.from_numpy(weight),
        )
        return ids


@dataclass(frozen=True)
class Pace:
    """How long and how fast to train."""

    epochs: int
    batch: int
    rate: float
    dropout: float


def train_bags(
    bags: Bags,
    targets: np.ndarray,
    vectors: np.ndarray,
    pace: Pace,
    seed: int,
    tick: Callable[[Progress], None] = silent,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the table ``float32 (D, K)`` and biases ``float32 (K,)``.

    AdamW with a tenth of warm-up and linear decay; ids are left out at random while training and
    the others scaled up (Srivastava et al. 2014, Dropout, section 4, on the input layer). Ids that
    no text has keep their vectors.

    Args:
        bags: the texts.
        targets: probabilities of the classes, ``float32 (n, K)``.
        vectors: where the ids' vectors start, ``float32 (D, width)``.
        pace: how long and how fast.
        seed: of the order, of what is left out and of the matrix.
        tick: progress callback.
    """
    random = torch.Generator().manual_seed(seed)
    order = np.random.default_rng(seed)
    width, classes = vectors.shape[1], targets.shape[1]
    used, columns = np.unique(bags.ids, return_inverse=True)
    bags = Bags(columns, bags.first, bags.weight)
    body = nn.Parameter(torch.tensor(vectors[used], dtype=torch.float32))  # (used, width)
    head = nn.Parameter(torch.randn(width, classes, generator=random) / width**0.5)
    bias = nn.Parameter(torch.zeros(classes))
    optimiser = torch.optim.AdamW([body, head, bias], lr=pace.rate, fused=True)
    truth = torch.from_numpy(np.ascontiguousarray(targets, np.float32))
    steps = pace.epochs * -(-len(bags) // pace.batch)
    warm, step = max(round(steps / 10), 1), 0
    for _ in range(pace.epochs):
        shuffled = order.permutation(len(bags))
        for begin in range(0, len(bags), pace.batch):
            index = shuffled[begin : begin + pace.batch]
            rate = pace.rate * min((step + 1) / warm, (steps - step) / max(steps - warm, 1))
            for group in optimiser.param_groups:
                group["lr"] = rate
            ids, start, weight = bags.batch(index)
            if pace.dropout:
                kept = torch.rand(len(ids), generator=random) >= pace.dropout
                weight = weight * kept / (1 - pace.dropout)
            # (B, width): sums of the texts' vectors
            sums = F.embedding_bag(ids, body, start, mode="sum", per_sample_weights=weight)
            scores = sums @ head + bias
            loss = -(truth[index] * F.log_softmax(scores, dim=1)).sum(dim=1).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            if step % EVERY == 0:
                tick(Progress("student", step, steps, loss=float(loss.detach())))
            step += 1
    tick(Progress("student", steps, steps))
    with torch.no_grad():
        table = vectors.astype(np.float32) @ head.numpy()
        table[used] = (body @ head).numpy()
    return table, bias.detach().numpy()
