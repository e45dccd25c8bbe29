"""Where an artefact named on the command line lies."""

from __future__ import annotations

from pathlib import Path

from undercut.core.errors import fail
from undercut.pipeline.gather import MODEL
from undercut.pipeline.workspace import Workspace
from undercut.store import artefacts


def find_artefact(workspace: Path, artefact: Path) -> Path:
    """Return an artefact's folder from a folder, or the name of a run, a model or a cascade.

    Raises:
        UndercutError: neither.
    """
    name = artefact.name
    named = [workspace / "runs" / name / MODEL, workspace / "models" / name]
    named.append(workspace / "cascades" / name / MODEL)
    for folder in (artefact, artefact / MODEL, *named):
        if (folder / artefacts.MANIFEST).is_file():
            return folder
    runs = [p.name for p in Workspace(workspace).runs()] if workspace.is_dir() else []
    raise fail(
        "artefact-missing",
        expected="an artefact folder or the name of a run",
        found=f"'{artefact}'",
        fix=f"Runs in {workspace}: {', '.join(runs) or 'none'}.",
    )
