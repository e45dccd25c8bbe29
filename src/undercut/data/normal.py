"""One key for texts that a reader would call the same."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np


def same_key(value: Any) -> str:
    """Return a key that is equal for inputs differing only in white space, case or width.

    Text is folded by Unicode NFKC (full-width forms become plain ones), case-folded, and runs of
    white space become one space. Anything else is keyed by its JSON.
    """
    if not isinstance(value, str):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    return " ".join(value.casefold().split())


def same_hashes(values: Iterable[Any]) -> np.ndarray:
    """Return a 64-bit hash of each input's key, ``uint64 (n,)``.

    Different keys share one by chance: among two million, once in nine million times.
    """
    return hashes(same_key(value) for value in values)[:, 0]


def hashes(texts: Iterable[str], words: int = 1) -> np.ndarray:
    """Return a hash (BLAKE2b) of ``words`` times 64 bits of each text, ``uint64 (n, words)``."""
    found = bytearray()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        found += hashlib.blake2b(data, digest_size=8 * words).digest()
    return np.frombuffer(found, "<u8").reshape(-1, words)


def first_alike(*keys: np.ndarray) -> np.ndarray:
    """Return the first row that has the same keys, ``int64 (n,)``; by sorting.

    Args:
        keys: arrays ``(n,)``; rows are alike when all of them are equal.
    """
    order = np.lexsort(keys)
    new = np.ones(len(order), bool)
    if len(order):
        new[1:] = np.any([k[order][1:] != k[order][:-1] for k in keys], axis=0)
    found = np.empty(len(order), np.int64)
    found[order] = order[new][np.cumsum(new) - 1]
    return found
