"""The word table cut down to the tokens in use while training, and made whole again after.

Of 30,522 rows Banking77 uses 2,500: the gradient of the others is nothing but zeros to add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from undercut.models.encoder.module import Body


def used_ids(items: Iterable[Sequence[int]], pad_id: int) -> np.ndarray:
    """Return the token ids that occur, padding included, sorted, ``int64 (U,)``."""
    return np.array(sorted({pad_id}.union(*items)), np.int64)


def trim(body: Body, used: np.ndarray) -> np.ndarray:
    """Cut the word table of ``body`` to the rows of ``used``.

    Returns:
        The new id of each old one, ``int64 (V,)``; 0 for ids that are not in use.
    """
    renumber = np.zeros(body.words.num_embeddings, np.int64)
    renumber[used] = np.arange(len(used))
    rows = body.words.weight.detach()[torch.from_numpy(used)].clone()
    body.words = nn.Embedding.from_pretrained(rows, freeze=False)
    return renumber


def restore(whole: Tensor, used: np.ndarray, rows: Tensor) -> Tensor:
    """Return the table ``(V, D)`` with the trained ``rows (U, D)`` put back in their places."""
    table = whole.clone()
    table[torch.from_numpy(used)] = rows
    return table
