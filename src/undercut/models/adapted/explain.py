"""Why an adapted encoder answers as it does: as any encoder, around the shared base."""

from __future__ import annotations

from pathlib import Path

from undercut.core.types import Manifest
from undercut.models.adapted.frontend import open_frontend
from undercut.models.adapted.module import load_module
from undercut.models.encoder.explain import EncoderExplainer


def open_explainer(folder: Path, manifest: Manifest) -> EncoderExplainer:
    """Open an adapted artefact of format ``torch``."""
    return EncoderExplainer(load_module(folder, manifest), open_frontend(folder, manifest))
