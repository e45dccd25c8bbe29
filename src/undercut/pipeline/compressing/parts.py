"""A model or a stack of models as the parts a compressor works on, and joined again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from undercut.core.types import Manifest
from undercut.pipeline.fitting import write_stack
from undercut.store import artefacts, learned

WHOLE = "whole"
"""Name of the only part of a model that is no composite."""


def parts_of(folder: Path) -> dict[str, Path]:
    """Return the folders of an artefact's parts by name."""
    manifest = artefacts.read_manifest(folder, verify=False)
    return {c.name: folder / c.folder for c in manifest.children} or {WHOLE: folder}


def changed(
    folder: Path,
    out: Path,
    name: str,
    change: Callable[[Path, Path], Manifest | None],
    whole: bool = False,
) -> tuple[Manifest, Path] | None:
    """Change the parts of an artefact and join them again.

    Args:
        folder: artefact to start from.
        out: folder of the new artefact; parts are made beside it.
        name: of the new artefact.
        change: called with a part's folder and the folder to write; ``None`` leaves the part as
            it is.
        whole: change a composite as one thing, not part by part.

    Returns:
        The new artefact's manifest and folder; ``None`` when no part could be changed.
    """
    before = artefacts.read_manifest(folder, verify=False)
    if whole or not before.children:
        made = change(folder, out)
        return (artefacts.amend(out, name=name), out) if made else None
    place = out.with_name(f"{out.name}-parts")
    place.mkdir(parents=True)
    done = {n: change(p, place / n) for n, p in parts_of(folder).items()}
    if not any(done.values()):
        shutil.rmtree(place)
        return None
    parts = {n: place / n if done[n] else p for n, p in parts_of(folder).items()}
    manifest = write_stack(out, name, parts, before.config, before, hashes=learned.own(folder))
    shutil.rmtree(place)
    kinds = sorted({m.compression for m in done.values() if m is not None and m.compression})
    facts = {"compression": "+".join(kinds), "parent": artefacts.hash_of(before)}
    return artefacts.amend(out, **facts) or manifest, out
