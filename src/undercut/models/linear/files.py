"""The linear model's file, ``linear.safetensors``: columns, idf and an 8-bit weight table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from undercut.core.errors import IntegrityError, Problem
from undercut.models.linear.ngrams import NgramSpec
from undercut.models.linear.tfidf import Features

FILE = "linear.safetensors"
_KINDS = {"kept": "u4", "idf": "f2", "weight": "i1", "scale": "f4", "bias": "f4"}


@dataclass(frozen=True)
class Table:
    """Weights of ``D`` columns for ``K`` classes, one scale a class.

    Attributes:
        weight: ``int8 (D, K)``.
        scale: ``float32 (K,)``; a real weight is ``weight * scale``.
        bias: ``float32 (K,)``.
    """

    weight: np.ndarray
    scale: np.ndarray
    bias: np.ndarray


def quantise(weight: np.ndarray, bias: np.ndarray) -> Table:
    """Round weights to 8 bits, symmetric, with the largest of each class at 127.

    Args:
        weight: ``(D, K)``.
        bias: ``(K,)``.
    """
    largest = np.abs(weight).max(axis=0, initial=0.0)
    scale = np.where(largest > 0, largest / 127, 1.0)
    return Table(
        np.rint(weight / scale).astype(np.int8), scale.astype(np.float32), bias.astype(np.float32)
    )


def write(folder: Path, features: Features, table: Table) -> None:
    """Write :data:`FILE` into ``folder``."""
    tensors: dict[str, np.ndarray] = {
        "kept": features.kept.astype(np.uint32),
        "idf": features.idf.astype(np.float16),
        "weight": np.ascontiguousarray(table.weight),
        "scale": table.scale,
        "bias": table.bias,
    }
    save_file(tensors, Path(folder) / FILE)


def read(folder: Path, config: dict[str, Any], classes: int) -> tuple[Features, Table]:
    """Read the file back.

    Args:
        folder: artefact folder.
        config: the manifest's ``config``, whose ``ngrams`` says what the columns are.
        classes: number of labels in the manifest.

    Raises:
        IntegrityError: missing, torn, or not the file that this manifest describes.
    """
    path = Path(folder) / FILE
    try:
        found = load_file(path)
        spec = NgramSpec(**config["ngrams"])
        _check(found, spec, classes)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            "linear-file",
            Problem("a linear model's weights", f"{type(error).__name__}: {error}", str(path)),
        ) from error
    features = Features(spec, found["kept"].astype(np.int64), found["idf"])
    return features, Table(found["weight"], found["scale"], found["bias"])


def _check(found: dict[str, np.ndarray], spec: NgramSpec, classes: int) -> None:
    columns = len(found["kept"])
    shapes = {
        "kept": (columns,),
        "idf": (columns,),
        "weight": (columns, classes),
        "scale": (classes,),
        "bias": (classes,),
    }
    for name, shape in shapes.items():
        array = found[name]
        if array.shape != shape or array.dtype != np.dtype(_KINDS[name]):
            raise ValueError(f"{name} is {array.dtype} {array.shape}, not {_KINDS[name]} {shape}")
    kept = found["kept"]
    if columns and (kept[-1] >= spec.buckets or (np.diff(kept.astype(np.int64)) <= 0).any()):
        raise ValueError("columns are not increasing buckets")
