"""Load an adapted encoder around the shared base."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file

from undercut.core.types import Manifest
from undercut.models.adapted.attach import attach
from undercut.models.adapted.files import HEAD, find_base
from undercut.models.adapted.shared import shared_body
from undercut.models.encoder.module import Classifier


def load_module(folder: Path, manifest: Manifest) -> Classifier:
    """Load an adapted artefact of format ``torch`` in float32, the difference unmerged."""
    head, config = load_file(Path(folder) / HEAD), manifest.config
    return Classifier(
        attach(shared_body(find_base(folder, manifest)), folder),
        head["weight"],
        head["bias"],
        pooling=str(config.get("pooling", "mean")),
        normalise=bool(config.get("normalise", True)),
        scale=float(config.get("scale", 1.0)),
    ).eval()
