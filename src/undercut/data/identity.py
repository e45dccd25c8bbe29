"""The identity of a data set: a hash over what a model could learn from or be judged on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from undercut.core.types import Examples
from undercut.store.files import canonical

_CHUNK = 4096


def dataset_hash(
    task: str, labels: Sequence[str], train: Examples, valid: Examples, test: Examples | None
) -> str:
    """Return the SHA-256 over task, labels and (input, target) of every split, in order.

    File names, lines and the licence do not count.
    """
    digest = hashlib.sha256(canonical([task, list(labels)]).encode())
    for split in (train, valid, test):
        # The length first, so that moving a row from one split to the next changes the hash.
        head = None if split is None else [len(split.inputs), len(split.targets)]
        digest.update(f"\n{canonical(head)}\n".encode())
        for start in range(0, len(split.inputs) if split else 0, _CHUNK):
            assert split is not None
            stop = start + _CHUNK
            rows = [list(split.inputs[start:stop]), list(split.targets[start:stop])]
            digest.update(canonical(rows).encode())
    return digest.hexdigest()
