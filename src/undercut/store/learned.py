"""The rows an artefact has learned from: a 64-bit hash each, beside the model's files.

The file identifies nothing and answers nothing, so it is no part of the artefact's hash; its own
hash is in the manifest, as every file's is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from undercut.core.errors import IntegrityError, Problem
from undercut.core.types import Manifest
from undercut.store.files import size_of

FILE = "learned.npy"


def write(folder: Path, hashes: np.ndarray | None) -> None:
    """Write hashes ``uint64 (n,)`` of rows into an artefact's folder; nothing for ``None``."""
    if hashes is not None:
        np.save(folder / FILE, np.unique(hashes).astype("<u8"), allow_pickle=False)


def own(folder: Path) -> np.ndarray | None:
    """Return the hashes kept in this folder, its children's apart, sorted; ``None`` without a file.

    Raises:
        IntegrityError: the file is torn.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        found = np.load(path, allow_pickle=False)
        if found.dtype != np.uint64 or found.ndim != 1:
            raise ValueError(f"{found.dtype} {found.shape}")
    except (OSError, ValueError, EOFError) as e:
        problem = Problem("hashes of rows, uint64 (n,)", str(e).splitlines()[0], str(path))
        raise IntegrityError("artefact-changed", problem) from None
    return np.asarray(found)


def read(folder: Path, manifest: Manifest) -> np.ndarray | None:
    """Return the hashes of all rows an artefact has learned from, sorted.

    Returns:
        ``uint64 (n,)``; ``None`` where the artefact, or a part of it, keeps no record.
    """
    from undercut.store.artefacts import read_manifest

    kept = own(folder)
    if not manifest.children:
        return kept
    parts = [kept if kept is not None else np.zeros(0, np.uint64)]
    for child in manifest.children:
        place = folder / child.folder
        found = read(place, read_manifest(place, verify=False))
        if found is None:
            return None
        parts.append(found)
    return np.unique(np.concatenate(parts))


def joined(*hashes: np.ndarray | None) -> np.ndarray | None:
    """Return the hashes of all; ``None`` where one of them is not known."""
    known = [h for h in hashes if h is not None]
    if len(known) < len(hashes) or not known:
        return None
    return np.unique(np.concatenate(known))


def needed_bytes(folder: Path) -> int:
    """Return the bytes of an artefact's files without its records of rows."""
    return size_of(folder) - sum(p.stat().st_size for p in folder.rglob(FILE))
