"""The front end of an adapted encoder: its base's tokenizer, or the one an export carries."""

from __future__ import annotations

from pathlib import Path

from undercut.core.types import Manifest
from undercut.models.adapted.files import find_base
from undercut.models.encoder.frontend import TextFrontend
from undercut.models.encoder.frontend import open_frontend as open_encoder


def open_frontend(folder: Path, manifest: Manifest) -> TextFrontend:
    """Open the front end of an adapted artefact, whatever its format."""
    own = manifest.format != "torch"
    return open_encoder(folder if own else find_base(folder, manifest).folder, manifest)
