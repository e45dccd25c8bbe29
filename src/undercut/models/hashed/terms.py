"""Which n-grams pull towards each class, read back from texts: the model keeps hashes only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from undercut.core.contracts import Term
from undercut.core.types import Manifest
from undercut.models.hashed import files
from undercut.models.hashed.frontend import open_frontend
from undercut.models.hashed.rows import count
from undercut.models.linear.terms import read_columns, strongest


def terms(
    folder: Path, manifest: Manifest, texts: Sequence[str], most: int
) -> dict[str, list[Term]]:
    """Return the strongest terms of each label, words first, the strongest first.

    Args:
        folder: hashed artefact.
        manifest: its manifest.
        texts: where terms are looked for.
        most: word terms a label; half as many pieces of words.
    """
    spec, table = files.read(folder, manifest.config, len(manifest.labels))
    counts = count(texts, spec)
    weight = table.weight[counts.used] * table.scale.astype(np.float64)
    weight /= open_frontend(folder, manifest).temperature
    found = strongest(
        counts.rows,
        weight,
        int(np.searchsorted(counts.used, spec.buckets // 2)),
        most,
        lambda wanted: read_columns(texts, spec, counts.columns, wanted),
    )
    return dict(zip(manifest.labels, found, strict=True))
