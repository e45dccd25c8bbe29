"""The ``gate`` verb: what is served is found by its name, the comparison is the pipeline's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from undercut.core.errors import fail
from undercut.core.specs_release import GateVerbSpec
from undercut.pipeline.gating import GateFacts, gate_artefacts, markdown
from undercut.pipeline.places import find_artefact
from undercut.pipeline.run import Silent
from undercut.store.artefacts import MANIFEST

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def gate(spec: GateVerbSpec, listener: Any = None) -> GateFacts:
    """Compare a new artefact with what is served, and append the verdict to the summary.

    Raises:
        UndercutError: no artefact, no rows, unreadable ones, or the summary cannot be written.
    """
    candidate = find_artefact(spec.workspace, spec.candidate)
    against = served_folder(spec) or find_artefact(spec.workspace, spec.against)
    facts = gate_artefacts(spec, candidate, against, (listener or Silent()).tick)
    place = spec.summary or os.environ.get(STEP_SUMMARY)
    if place:
        _append(Path(place), markdown(facts))
    return facts


def served_folder(spec: GateVerbSpec) -> Path | None:
    """Return the folder of what is served under a name in the store; ``None`` when it has none."""
    if (spec.against / MANIFEST).is_file():
        return None
    place = spec.store
    if isinstance(place, Path) and not place.is_file():
        return None
    from undercut.serving.opening import open_store
    from undercut.serving.releasing.store import ReleaseStore

    database = open_store(spec)
    try:
        releases = ReleaseStore(database)
        name = str(spec.against)
        return Path(releases.find(name).live.folder) if name in releases.changes() else None
    finally:
        database.dispose()


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as f:
            f.write(text)
    except OSError as error:
        raise fail(
            "gate-summary",
            expected="a file that can be written",
            found=str(error.strerror),
            where=str(path),
        ) from None
