"""Write an encoder as ONNX: ``input_ids``, ``attention_mask`` in; ``logits``, ``vector`` out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto
from safetensors.numpy import load_file

from undercut.core.contracts import VECTOR
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
    tensors, head = load_file(folder / WEIGHTS), load_file(folder / "head.safetensors")
    write_graph(out / "model.onnx", config, tensors, head, manifest.config)
    shutil.copyfile(folder / "tokenizer.json", out / "tokenizer.json")


def write_graph(
    path: Path,
    config: dict[str, Any],
    tensors: dict[str, np.ndarray],
    head: dict[str, np.ndarray],
    settings: dict[str, Any],
) -> None:
    """Write the graph of an encoder with its head.

    Args:
        path: file to write.
        config: the base's ``config.json``.
        tensors: as :func:`undercut.models.encoder.graph.body` takes them.
        head: ``weight (K, D)`` and ``bias (K,)``.
        settings: how it pools and scales, as in the manifest.
    """
    g = Graph()
    mask = g("Cast", "attention_mask", to=TensorProto.FLOAT)  # (B, T)
    x = body(g, config, tensors, mask)  # (B, T, D)
    e = _pool(g, x, mask, str(settings.get("pooling", "mean")))  # (B, D)
    if settings.get("normalise", True):
        norm = g("ReduceL2", e, g.ints(-1), keepdims=1)
        e = g("Div", e, g("Max", norm, g.constant("least", np.full(1, 1e-12, np.float32))))
    g("Identity", e, name=VECTOR)
    weight = head["weight"].T * np.float32(settings.get("scale", 1.0))
    z = g("MatMul", e, g.constant("head.weight", weight), name="head")
    g("Add", z, g.constant("head.bias", head["bias"]), name="logits")
    read: list[str | int] = ["batch", "length"]
    inputs = {"input_ids": read, "attention_mask": read}
    outputs = {"logits": len(head["bias"]), VECTOR: head["weight"].shape[1]}
    save(g, "encoder", inputs, outputs, path)


def _pool(g: Graph, x: str, mask: str, how: str) -> str:
    if how == "cls":
        return g("Squeeze", g("Slice", x, g.ints(0), g.ints(1), g.ints(1)), g.ints(1))
    total = g("MatMul", g("Unsqueeze", mask, g.ints(1)), x)  # (B, 1, D)
    return g("Div", g("Squeeze", total, g.ints(1)), g("ReduceSum", mask, g.ints(1), keepdims=1))
