"""An order of the rows whose every beginning is a smaller data set in the same proportions."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from undercut.core.types import Examples
from undercut.data.normal import same_key


def nested_order(examples: Examples, stratum: Callable[[Any], str], seed: int) -> np.ndarray:
    """Return row numbers so that the first n rows are a stratified sample, for every n.

    The first rows hold one of each stratum while n allows it. The order depends on the seed and
    on the rows' content, not on where they stand; ``int64 (n,)``.
    """
    members: dict[str, list[tuple[bytes, int]]] = defaultdict(list)
    for i, (value, target) in enumerate(zip(examples.inputs, examples.targets, strict=True)):
        key = f"{seed}\0{same_key(value)}\0{target}".encode("utf-8", "surrogatepass")
        members[stratum(target)].append((hashlib.sha256(key).digest(), i))
    place: list[tuple[float, bytes, int]] = []
    for rows in members.values():
        place += [(j / len(rows), rank, i) for j, (rank, i) in enumerate(sorted(rows))]
    return np.array([i for _, _, i in sorted(place)], np.int64)
