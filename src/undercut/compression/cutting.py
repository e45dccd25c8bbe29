"""Take layers, heads and feed-forward units out of the tensors of a BERT-like model.

The result is an ordinary model folder with a smaller ``config.json``. Every layer keeps the same
number of heads and units, so that shapes stay regular; where heads are gone, ``head_size`` says
their width, because other libraries compute it from the number of heads.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from undercut.models.encoder.base import WEIGHTS, head_size
from undercut.store.artefacts import CARD, MANIFEST

LAYER = re.compile(r"^(.*encoder\.layer\.)(\d+)\.(.*)$")


@dataclass(frozen=True)
class Cut:
    """What stays; empty: all.

    Attributes:
        layers: layers, rising.
        heads: layer -> its heads, rising; as many in each.
        units: layer -> its feed-forward units, rising; as many in each.
    """

    layers: Sequence[int] = ()
    heads: Mapping[int, Sequence[int]] = field(default_factory=dict)
    units: Mapping[int, Sequence[int]] = field(default_factory=dict)


def cut_model(source: Path, out: Path, cut: Cut) -> dict[str, Any]:
    """Write the cut model's files; return its ``config.json``.

    Args:
        source: folder of format ``torch``.
        out: folder to write to, made when absent.
        cut: layers are those of ``source``, before any is gone.
    """
    out.mkdir(exist_ok=True)
    for path in source.iterdir():
        if path.is_file() and path.name not in {MANIFEST, CARD, WEIGHTS, "config.json"}:
            shutil.copyfile(path, out / path.name)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    layers = list(cut.layers) or list(range(config["num_hidden_layers"]))
    size = head_size(config)
    tensors = {}
    for name, value in load_file(source / WEIGHTS).items():
        found = LAYER.match(name)
        if found is None:
            tensors[name] = value
            continue
        front, i, rest = found[1], int(found[2]), found[3]
        if i in layers:
            at = f"{front}{layers.index(i)}.{rest}"
            tensors[at] = np.ascontiguousarray(_part(rest, value, i, cut, size))
    config["num_hidden_layers"] = len(layers)
    if cut.heads:
        config["num_attention_heads"] = len(cut.heads[layers[0]])
        config["head_size"] = size
    if cut.units:
        config["intermediate_size"] = len(cut.units[layers[0]])
    (out / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    save_file(tensors, out / WEIGHTS, metadata={"format": "pt"})
    return dict(config)


def _part(name: str, value: np.ndarray, layer: int, cut: Cut, size: int) -> np.ndarray:
    """Return what stays of one tensor of a layer."""
    if layer in cut.heads:
        rows = np.concatenate([np.arange(h * size, (h + 1) * size) for h in cut.heads[layer]])
        if name.startswith("attention.self."):
            return value[rows]
        if name == "attention.output.dense.weight":
            return value[:, rows]
    if layer in cut.units:
        units = np.asarray(cut.units[layer])
        if name.startswith("intermediate.dense"):
            return value[units]
        if name == "output.dense.weight":
            return value[:, units]
    return value
