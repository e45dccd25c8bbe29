"""Hashes of strings and of tuples of hashes, 32 bits, the same on every machine."""

from __future__ import annotations

from zlib import crc32

import numpy as np

NONE = np.uint32(0)
"""The hash of what is not there: a feature made of it is not there either."""
_GOLDEN = np.uint32(0x9E3779B1)
_MIX_A, _MIX_B = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)


def code(text: str) -> int:
    """Return the hash of a string, above 0."""
    return crc32(text.encode("utf-8", "surrogatepass")) or 1


def mix(h: np.ndarray) -> np.ndarray:
    """Finalise 32-bit hashes (the `lowbias32` mixer of C. Wellons' hash-prospector)."""
    h = h ^ (h >> np.uint32(16))
    h *= _MIX_A
    h ^= h >> np.uint32(15)
    h *= _MIX_B
    h ^= h >> np.uint32(16)
    return h


def salted(h: np.ndarray, salt: int) -> np.ndarray:
    """Return hashes of a kind: equal strings of two kinds differ. ``NONE`` stays ``NONE``."""
    found = mix(h ^ np.uint32(salt * int(_GOLDEN) & 0xFFFFFFFF))
    return np.where(h == NONE, NONE, np.maximum(found, np.uint32(1)))


def joined(*parts: np.ndarray) -> np.ndarray:
    """Return hashes of tuples, ``uint32``; ``NONE`` where any part is ``NONE``."""
    h, absent = parts[0], parts[0] == NONE
    for part in parts[1:]:
        h = mix(h) * _GOLDEN + part
        absent = absent | (part == NONE)
    return np.where(absent, NONE, np.maximum(mix(h), np.uint32(1)))
