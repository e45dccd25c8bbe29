"""Write an encoder as ONNX: inputs ``input_ids``, ``attention_mask`` int64 (B, T); ``logits``."""

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


def export_onnx(folder: Path, manifest: Manifest, out: Path) -> None:
    """Write ``model.onnx`` and ``tokenizer.json`` for a ``torch`` artefact.

    Args:
        folder: artefact of format ``torch``.
        manifest: its manifest; ``config`` says how it pools and scales.
        out: folder to write to.
    """
    folder, out = Path(folder), Path(out)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tensors = load_file(folder / WEIGHTS)
    head = load_file(folder / "head.safetensors")
    g = Graph()
    mask = g("Cast", "attention_mask", to=TensorProto.FLOAT)  # (B, T)
    x = body(g, config, tensors, mask)  # (B, T, D)
    e = _pool(g, x, mask, str(manifest.config.get("pooling", "mean")))  # (B, D)
    if manifest.config.get("normalise", True):
        norm = g("ReduceL2", e, g.ints(-1), keepdims=1)
        e = g("Div", e, g("Max", norm, g.constant("least", np.full(1, 1e-12, np.float32))))
    weight = head["weight"].T * np.float32(manifest.config.get("scale", 1.0))
    z = g("MatMul", e, g.constant("head.weight", weight), name="head")
    g("Add", z, g.constant("head.bias", head["bias"]), name="logits")
    read: list[str | int] = ["batch", "length"]
    inputs = {"input_ids": read, "attention_mask": read}
    save(g, "encoder", inputs, len(head["bias"]), out / "model.onnx")
    shutil.copyfile(folder / "tokenizer.json", out / "tokenizer.json")


def _pool(g: Graph, x: str, mask: str, how: str) -> str:
    if how == "cls":
        return g("Squeeze", g("Slice", x, g.ints(0), g.ints(1), g.ints(1)), g.ints(1))
    total = g("MatMul", g("Unsqueeze", mask, g.ints(1)), x)  # (B, 1, D)
    return g("Div", g("Squeeze", total, g.ints(1)), g("ReduceSum", mask, g.ints(1), keepdims=1))
