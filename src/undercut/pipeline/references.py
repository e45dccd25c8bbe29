"""Find the full model that a compressed or exported artefact was made from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from undercut.core import plugins
from undercut.core.errors import UndercutError, fail
from undercut.core.types import Manifest
from undercut.store import artefacts

Found = tuple[Path, Manifest]


class References:
    """Artefacts near one artefact, by hash.

    Args:
        folder: the artefact whose reference is wanted; its siblings are looked at.
        workspace: all artefacts below its steps and models are looked at.
        given: folder named by the user; all artefacts in it are looked at.
    """

    def __init__(self, folder: Path, workspace: Path, given: Path | None = None) -> None:
        self._folder, self._workspace, self._given = folder, workspace, given

    def of(self, folder: Path, manifest: Manifest) -> Found:
        """Return the nearest ancestor that can explain itself, its files verified.

        Raises:
            UndercutError: code ``explain-reference``; none is at hand.
        """
        able = plugins.get("model", manifest.architecture).explain
        step = manifest
        while (found := self._known.get(step.parent)) is not None:
            step = found[1]
            if step.format in able:
                return found[0], artefacts.read_manifest(found[0])
        for place, other in self._below(self._given):
            same = (other.architecture, other.labels) == (manifest.architecture, manifest.labels)
            if same and other.format in able:
                return place, artefacts.read_manifest(place)
        looked = "nothing of that kind in the folder given" if self._given else "none near it"
        raise fail(
            "explain-reference",
            expected=f"the {' or '.join(able)} model that this {manifest.format} one was made from",
            found=looked,
            where=str(folder),
            fix="Pass its folder: --reference FOLDER (a run keeps it as "
            "WORKSPACE/steps/build-*/reference).",
        )

    def root(self, folder: Path) -> Path | None:
        """Return the artefact at the beginning of the chain of parents, ``folder`` if it has none.

        Of a composite it is one with the roots of its children and the same weights.

        Returns:
            Its folder, files not verified; ``None`` when it is not near.
        """
        manifest = artefacts.read_manifest(folder, verify=False)
        if not manifest.children:
            found = self._first(folder, manifest)
            return found[0] if found else None
        parts = [
            artefacts.read_manifest(folder / c.folder, verify=False) for c in manifest.children
        ]
        if not any(m.parent for m in parts):
            return folder
        first = [
            self._first(folder / c.folder, m) for c, m in zip(manifest.children, parts, strict=True)
        ]
        wanted = [artefacts.hash_of(f[1]) for f in first if f]
        for place, other in self._known.values():
            same = [c.hash for c in other.children] == wanted
            if same and other.config == manifest.config and other.labels == manifest.labels:
                return place
        return None

    def _first(self, folder: Path, manifest: Manifest) -> Found | None:
        step: Found | None = (folder, manifest)
        while step is not None and step[1].parent:
            step = self._known.get(step[1].parent)
        return step

    @cached_property
    def _known(self) -> dict[str, Found]:
        places = [self._workspace / "steps", self._workspace / "models", self._given]
        found = [f for place in places for f in self._below(place)]
        for pattern in ("*", "*/children/*"):
            found += _read(self._folder.parent.glob(f"{pattern}/{artefacts.MANIFEST}"))
        return {artefacts.hash_of(manifest): (place, manifest) for place, manifest in found}

    def _below(self, place: Path | None) -> list[Found]:
        return list(_read(place.rglob(artefacts.MANIFEST))) if place else []


def _read(paths: Iterator[Path]) -> Iterator[Found]:
    for path in paths:
        try:
            yield path.parent, artefacts.read_manifest(path.parent, verify=False)
        except UndercutError:  # a damaged neighbour is not asked for
            continue
