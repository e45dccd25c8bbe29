"""Write a tagger as ONNX: its inputs are the front end's arrays, ``logits (R, K)`` its output."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from onnx import TensorProto
from safetensors.numpy import load_file

from undercut.core.types import Manifest
from undercut.models.encoder.base import WEIGHTS
from undercut.models.encoder.graph import Graph, body, save
from undercut.models.tagger.letters import LENGTH

NEAR = 3
"""Characters that a filter sees, as in ``module.py``."""


def export_onnx(folder: Path, manifest: Manifest, out: Path) -> None:
    """Write ``model.onnx`` and ``tokenizer.json`` for a ``torch`` artefact.

    Args:
        folder: artefact of format ``torch``.
        manifest: its manifest; ``config`` says whether rows are scaled to length 1.
        out: folder to write to.
    """
    folder, out = Path(folder), Path(out)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    head = load_file(folder / "head.safetensors")
    g = Graph()
    table = _features(g, head)  # (1 + W, F)
    mask = g("Cast", "attention_mask", to=TensorProto.FLOAT)  # (B, T)
    h = body(g, config, load_file(folder / WEIGHTS), mask)  # (B, T, D)
    flat = g("Reshape", h, g.ints(-1, config["hidden_size"]))
    rows = g("Gather", flat, "firsts")  # (R, D)
    if manifest.config.get("normalise", False):
        norm = g("ReduceL2", rows, g.ints(-1), keepdims=1)
        least = g.constant("least", np.full(1, 1e-12, np.float32))
        rows = g("Div", rows, g("Max", norm, least))
    z = g("MatMul", rows, g.constant("head.weight", head["weight"].T), name="head")
    z = g("Add", z, g.constant("head.bias", head["bias"]))
    of_word = g("Gather", g("Reshape", "word_of", g.ints(-1)), "firsts")  # (R,)
    scores = g("MatMul", table, g.constant("out", head["out"].T), name="head.features")
    g("Add", z, g("Gather", scores, of_word), name="logits")
    tokens: list[str | int] = ["batch", "length"]
    inputs: dict[str, list[str | int]] = {
        "input_ids": tokens,
        "attention_mask": tokens,
        "word_of": tokens,
        "shapes": ["words_read"],
        "characters": ["words_read", LENGTH],
        "firsts": ["rows"],
    }
    save(g, "tagger", inputs, {"logits": len(head["bias"])}, out / "model.onnx")
    shutil.copyfile(folder / "tokenizer.json", out / "tokenizer.json")


def _features(g: Graph, head: dict[str, np.ndarray]) -> str:
    """Add the features of words; return the name of their table, a row of zeros first."""
    side = g.ints(0, NEAR // 2, 0, 0, NEAR // 2, 0)
    c = g("Gather", g.constant("characters.table", head["characters"]), "characters")
    c = g("Pad", c, side)  # (W, L + 2, C)
    near = [g("Slice", c, g.ints(i), g.ints(i + LENGTH), g.ints(1)) for i in range(NEAR)]
    c = g("Concat", *near, axis=-1)  # (W, L, 3 C)
    filters = g.constant("filters", head["filters"].T)
    found = g("MatMul", c, filters, name="characters.filters")
    found = g("Relu", g("Add", found, g.constant("filters.bias", head["filter_bias"])))
    found = g("ReduceMax", found, g.ints(1), keepdims=0)  # (W, filters)
    shapes = g("Gather", g.constant("shapes.table", head["shapes"]), "shapes")
    joined = g("Concat", shapes, found, axis=-1)
    return g("Pad", joined, g.ints(1, 0, 0, 0))
