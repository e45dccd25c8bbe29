"""Artefact folders: written whole, hashed, verified on reading; safetensors, ONNX and JSON only."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

import undercut
from undercut.core.errors import IntegrityError, Problem, fail
from undercut.core.types import Manifest
from undercut.store import learned
from undercut.store.card import model_card
from undercut.store.files import content_hash, sha256_file, whole_folder, write_json, write_text

MANIFEST = "manifest.json"
CARD = "README.md"
SUFFIXES = {".safetensors", ".onnx", ".json", ".txt", ".md", ".npy", ".data", ".xml", ".bin"}
NO_PART = {CARD, MANIFEST, learned.FILE}
# What identifies an artefact: what it answers with, not what was measured of it.
IDENTITY = ("schema_version", "task", "architecture", "format", "labels", "config")


def hash_of(manifest: Manifest) -> str:
    """Return the artefact's hash: SHA-256 over its files' hashes and what gives them meaning."""
    facts = manifest.model_dump(mode="json")
    files = {k: v for k, v in facts["files"].items() if PurePosixPath(k).name not in NO_PART}
    children = [c["hash"] for c in facts["children"]]
    return content_hash({k: facts[k] for k in IDENTITY} | {"files": files, "children": children})


def write(folder: Path, manifest: Manifest, fill: Callable[[Path], object]) -> Manifest:
    """Write an artefact: ``fill`` puts the model's files into an empty folder.

    The folder appears under its name only when complete, hashed and on the disk.

    Returns:
        The manifest with file hashes, time and version filled in.

    Raises:
        UndercutError: ``fill`` wrote a kind of file an artefact may not hold.
    """
    with whole_folder(folder) as temporary:
        fill(temporary)
        files = {}
        for path in sorted(temporary.rglob("*")):
            if path.is_dir():
                continue
            if path.suffix not in SUFFIXES:
                raise fail(
                    "artefact-file",
                    expected=f"files ending in {', '.join(sorted(SUFFIXES))}",
                    found=path.name,
                    where=str(folder),
                )
            relative = path.relative_to(temporary).as_posix()
            if relative not in {MANIFEST, CARD}:
                files[relative] = sha256_file(path)
        done = manifest.model_copy(
            update={
                "files": files,
                "created_at": manifest.created_at
                or datetime.now(UTC).isoformat(timespec="seconds"),
                "undercut": undercut.__version__,
            }
        )
        write_json(temporary / MANIFEST, done.model_dump(mode="json"))
        (temporary / CARD).write_text(model_card(done), encoding="utf-8")
    return done


def amend(folder: Path, **facts: object) -> Manifest:
    """Replace facts in a manifest (measured, metrics, gate), and the card made from them."""
    manifest = read_manifest(folder, verify=False).model_copy(update=facts)
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    write_text(folder / CARD, model_card(manifest))
    return manifest


def read_manifest(folder: Path | str, *, verify: bool = True) -> Manifest:
    """Read ``manifest.json`` and check every file against it.

    Raises:
        UndercutError: the folder is not an artefact.
        IntegrityError: a file is missing, changed, or lies outside the folder.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise fail(
            "artefact-missing",
            expected=f"an artefact folder holding {MANIFEST}",
            found="a folder without one" if folder.is_dir() else "no such folder",
            where=str(folder),
            fix="`undercut list` shows the artefacts there are.",
        ) from None
    try:
        manifest = Manifest.model_validate(json.loads(text))
    except (ValueError, ValidationError) as e:
        first = str(e).splitlines()[0]
        raise IntegrityError(
            "artefact-manifest", Problem("a valid manifest", first, str(path))
        ) from None
    if verify:
        _verify(folder, manifest)
    return manifest


def _verify(folder: Path, manifest: Manifest) -> None:
    problems = []
    root = folder.resolve()
    for relative, expected in manifest.files.items():
        path = (folder / relative).resolve()
        if not path.is_relative_to(root):
            problems.append(Problem("a file inside the artefact", relative, str(folder)))
        elif not path.is_file():
            problems.append(Problem(f"the file {relative}", "none", str(folder)))
        elif sha256_file(path) != expected:
            problems.append(
                Problem(f"SHA-256 {expected[:12]}", "other content", f"{folder}/{relative}")
            )
    for child in manifest.children:
        path = (folder / child.folder).resolve()
        if not path.is_relative_to(root):
            problems.append(Problem("a child inside the artefact", child.folder, str(folder)))
    if problems:
        raise IntegrityError("artefact-changed", problems)
