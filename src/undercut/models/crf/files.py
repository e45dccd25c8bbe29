"""The model's file, ``crf.safetensors``: features, an 8-bit table of weights, tag transitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from undercut.core.errors import IntegrityError, Problem
from undercut.models.crf.features import FeatureSpec
from undercut.models.crf.gazetteer import LISTS, LONGEST, Gazetteer
from undercut.models.crf.inner import merger

FILE = "crf.safetensors"
_KINDS = {
    "features": "u4",
    "weight": "i1",
    "scale": "f4",
    "transitions": "f4",
    "phrases": "u4",
    "lists": "u4",
}


@dataclass(frozen=True)
class Table:
    """Weights of ``D`` features for ``K`` tags, one scale a tag, and of tags after tags.

    Attributes:
        features: hashes of the features, increasing, ``uint32 (D,)``.
        weight: ``int8 (D, K)``.
        scale: ``float32 (K,)``; a real weight is ``weight * scale``.
        transitions: score of a tag (column) after a tag (row), ``float32 (K, K)``.
    """

    features: np.ndarray
    weight: np.ndarray
    scale: np.ndarray
    transitions: np.ndarray

    def columns(self, hashes: np.ndarray) -> np.ndarray:
        """Return the row of each feature in the table, -1 where it is none, ``int32``."""
        if not len(self.features):
            return np.full(hashes.shape, -1, np.int32)
        at = np.minimum(np.searchsorted(self.features, hashes), len(self.features) - 1)
        return np.where(self.features[at] == hashes, at, -1).astype(np.int32)


@dataclass(frozen=True)
class Form:
    """What the manifest's ``config`` says of the model.

    Attributes:
        features: which features there are.
        tags: the chain's own tags.
        lists: number of lists of phrases.
        longest: words of the longest phrase.
        temperature: divides the logarithms of the marginal probabilities.
    """

    features: FeatureSpec
    tags: tuple[str, ...]
    lists: int
    longest: int
    temperature: float

    def as_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self) | {"tags": list(self.tags)}


def form_of(config: Mapping[str, Any], labels: Sequence[str]) -> Form:
    """Return the form a manifest's ``config`` describes.

    Raises:
        ValueError, KeyError, TypeError: it describes none.
    """
    given = dict(config)
    features, tags = FeatureSpec(**given.pop("features")), tuple(given.pop("tags"))
    form = Form(features, tags, **given)
    merger(tags, labels)
    if not (0 <= form.lists <= LISTS and 0 <= form.longest <= LONGEST):
        raise ValueError(f"{form.lists} lists of phrases of up to {form.longest} words")
    if not (isinstance(form.temperature, int | float) and 0 < form.temperature < np.inf):
        raise ValueError(f"temperature {form.temperature!r}")
    return form


def quantise(features: np.ndarray, weight: np.ndarray, transitions: np.ndarray) -> Table:
    """Round weights to 8 bits, the largest of each tag at 127; features left without any go.

    Args:
        features: hashes, increasing, ``uint32 (D,)``.
        weight: ``(D, K)``.
        transitions: ``(K, K)``.
    """
    largest = np.abs(weight).max(axis=0, initial=0.0)
    scale = np.where(largest > 0, largest / 127, 1.0)
    table = np.rint(weight / scale).astype(np.int8)
    kept = table.any(axis=1)
    return Table(
        features[kept].astype(np.uint32),
        table[kept],
        scale.astype(np.float32),
        transitions.astype(np.float32),
    )


def write(folder: Path, table: Table, gazetteer: Gazetteer) -> None:
    """Write :data:`FILE` into ``folder``."""
    tensors = {f.name: np.ascontiguousarray(getattr(table, f.name)) for f in fields(table)}
    tensors |= {"phrases": gazetteer.keys, "lists": gazetteer.lists}
    save_file(tensors, Path(folder) / FILE)


def read(
    folder: Path, config: Mapping[str, Any], labels: Sequence[str]
) -> tuple[Form, Table, Gazetteer]:
    """Read the file back.

    Args:
        folder: artefact folder.
        config: the manifest's ``config``, see :class:`Form`.
        labels: the manifest's labels.

    Raises:
        IntegrityError: missing, torn, or not the file that this manifest describes.
    """
    path = Path(folder) / FILE
    try:
        form = form_of(config, labels)
        found = load_file(path)
        _check(found, len(form.tags))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            "crf-file",
            Problem("a CRF's weights", f"{type(error).__name__}: {error}", str(path)),
        ) from error
    table = Table(*(found[f.name] for f in fields(Table)))
    return form, table, Gazetteer(found["phrases"], found["lists"], form.lists, form.longest)


def _check(found: dict[str, np.ndarray], tags: int) -> None:
    rows, phrases = len(found["features"]), len(found["phrases"])
    shapes = {
        "features": (rows,),
        "weight": (rows, tags),
        "scale": (tags,),
        "transitions": (tags, tags),
        "phrases": (phrases,),
        "lists": (phrases,),
    }
    for name, shape in shapes.items():
        array = found[name]
        if array.shape != shape or array.dtype != np.dtype(_KINDS[name]):
            raise ValueError(f"{name} is {array.dtype} {array.shape}, not {_KINDS[name]} {shape}")
    for name in ("features", "phrases"):
        if (np.diff(found[name].astype(np.int64)) <= 0).any():
            raise ValueError(f"{name} are not increasing")
    if not (np.isfinite(found["scale"]).all() and np.isfinite(found["transitions"]).all()):
        raise ValueError("weights that are not finite")
