"""Write an adapted encoder as one ONNX graph, the difference merged wherever it can be."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

from undercut.core.types import Manifest
from undercut.models.adapted.attach import attach
from undercut.models.adapted.files import HEAD, find_base
from undercut.models.adapted.layers import Bottleneck, LowRank
from undercut.models.adapted.shared import shared_body
from undercut.models.encoder.export import write_graph
from undercut.models.encoder.module import Body, published


def export_onnx(folder: Path, manifest: Manifest, out: Path) -> None:
    """Write ``model.onnx`` and ``tokenizer.json`` for an adapted artefact of format ``torch``."""
    base = find_base(folder, manifest)
    tensors = merged(attach(shared_body(base), folder))
    head = load_file(Path(folder) / HEAD)
    write_graph(Path(out) / "model.onnx", base.config, tensors, head, manifest.config)
    shutil.copyfile(base.folder / "tokenizer.json", Path(out) / "tokenizer.json")


def merged(body: Body) -> dict[str, np.ndarray]:
    """Return the tensors of a plain encoder that does the same, by their published names.

    Low-rank terms go into the weights, and trained biases are biases. What a plain encoder does
    not have keeps a name of its own: bottlenecks (``<module>.adapter.*``), ``prompt`` as states
    below the first layer, ``prefix`` as keys and values.
    """
    changed = {n: m for n, m in body.named_modules() if isinstance(m, (LowRank, Bottleneck))}
    inside = ("prompt.", "prefix.", *(f"{name}." for name in changed))
    with torch.no_grad():
        found: dict[str, torch.Tensor] = {
            published(name): value
            for name, value in body.named_parameters()
            if not name.startswith(inside)
        }
        for name, module in changed.items():
            key = published(f"{name}.weight").removesuffix(".weight")
            found |= {f"{key}.{own}": value for own, value in module.plain().items()}
        if body.prompt is not None:
            found["prompt"] = body.front(body.prompt())
        if body.prefix is not None:
            found["prefix"] = body.past(body.prefix())
        return {name: value.detach().float().numpy() for name, value in found.items()}
