"""The model's files: ``static.safetensors``, a weight a piece and class, and ``tokenizer.json``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from undercut.core.errors import IntegrityError, Problem
from undercut.models.linear.files import Table

FILE = "static.safetensors"
_KINDS = {"weight": "i1", "scale": "f4", "bias": "f4"}


def write(folder: Path, table: Table) -> None:
    """Write :data:`FILE` into ``folder``; the table has a row for every piece."""
    tensors = {"weight": table.weight, "scale": table.scale, "bias": table.bias}
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, Path(folder) / FILE)


def read(folder: Path, classes: int) -> Table:
    """Read the file back.

    Raises:
        IntegrityError: missing, torn, or not of this number of classes.
    """
    path = Path(folder) / FILE
    try:
        found = load_file(path)
        pieces = len(found["weight"])
        shapes = {"weight": (pieces, classes), "scale": (classes,), "bias": (classes,)}
        for name, shape in shapes.items():
            array = found[name]
            if array.shape != shape or array.dtype != np.dtype(_KINDS[name]):
                raise ValueError(
                    f"{name} is {array.dtype} {array.shape}, not {_KINDS[name]} {shape}"
                )
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise IntegrityError(
            "static-file",
            Problem("a static model's weights", f"{type(error).__name__}: {error}", str(path)),
        ) from error
    return Table(found["weight"], found["scale"], found["bias"])
