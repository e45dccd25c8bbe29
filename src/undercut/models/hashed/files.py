"""The model's file, ``hashed.safetensors``: an 8-bit weight for every bucket and class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from undercut.core.errors import IntegrityError, Problem
from undercut.models.linear.files import Table
from undercut.models.linear.ngrams import NgramSpec

FILE = "hashed.safetensors"
BITS = 17
"""Buckets are ``2**BITS`` unless asked otherwise: 10 MB with 77 classes, and in the last-level
cache of a server's processor."""
_KINDS = {"weight": "i1", "scale": "f4", "bias": "f4"}


def write(folder: Path, table: Table) -> None:
    """Write :data:`FILE` into ``folder``; the table has a row for every bucket."""
    tensors = {
        "weight": np.ascontiguousarray(table.weight),
        "scale": table.scale,
        "bias": table.bias,
    }
    save_file(tensors, Path(folder) / FILE)


def spread(rows: np.ndarray, kept: np.ndarray, buckets: int) -> np.ndarray:
    """Return rows of some buckets as a table of all, zero elsewhere, ``(buckets, K)``.

    Args:
        rows: ``(D, K)``.
        kept: the bucket of each row, ``int64 (D,)``.
        buckets: how many there are.
    """
    whole = np.zeros((buckets, rows.shape[1]), rows.dtype)
    whole[kept] = rows
    return whole


def read(folder: Path, config: dict[str, Any], classes: int) -> tuple[NgramSpec, Table]:
    """Read the file back.

    Args:
        folder: artefact folder.
        config: the manifest's ``config``, whose ``ngrams`` says what the buckets are.
        classes: number of labels in the manifest.

    Raises:
        IntegrityError: missing, torn, or not the file that this manifest describes.
    """
    path = Path(folder) / FILE
    try:
        found = load_file(path)
        spec = NgramSpec(**config["ngrams"])
        shapes = {"weight": (spec.buckets, classes), "scale": (classes,), "bias": (classes,)}
        for name, shape in shapes.items():
            array = found[name]
            if array.shape != shape or array.dtype != np.dtype(_KINDS[name]):
                raise ValueError(
                    f"{name} is {array.dtype} {array.shape}, not {_KINDS[name]} {shape}"
                )
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            "hashed-file",
            Problem("a hashed model's weights", f"{type(error).__name__}: {error}", str(path)),
        ) from error
    return spec, Table(found["weight"], found["scale"], found["bias"])
