"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, read in blocks."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def canonical(value: Any) -> str:
    """Return JSON with sorted keys and no spaces, the form that hashes are taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(value: Any) -> str:
    """Return the SHA-256 of a JSON value in canonical form."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_tree(folder: Path) -> None:
    """Flush every file and folder below ``folder`` to the disk."""
    for root, _, files in os.walk(folder):
        for name in files:
            _sync(Path(root) / name)
        sync_folder(Path(root))


def sync_folder(folder: Path) -> None:
    """Flush what a folder says of its files, where the system can."""
    if os.name == "posix":
        _sync(folder)


def write_text(path: Path, text: str) -> None:
    """Replace a file's text in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as f:
            f.write(text)
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_files(paths: Iterable[Path]) -> Iterator[list[IO[str]]]:
    """Give open files that become ``paths`` when the block ends well: all of them or none.

    Every one is on the disk before the first is replaced.
    """
    staged = {p: p.with_name(f".{p.name}.{uuid.uuid4().hex[:8]}.tmp") for p in paths}
    try:
        with ExitStack() as opened:
            files: list[IO[str]] = []
            for path, temporary in staged.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                f = temporary.open("w", encoding="utf-8", newline="", errors="surrogatepass")
                files.append(opened.enter_context(f))
            yield files
            for written in files:
                written.flush()
                os.fsync(written.fileno())
        for path, temporary in staged.items():
            temporary.replace(path)
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a temporary sibling folder that becomes ``target`` when the block ends well.

    An older ``target`` stays in place until the new one is complete and on the disk; a killed
    process leaves at most a ``.tmp`` sibling, which :func:`sweep` removes.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.tmp")
    temporary.mkdir()
    try:
        yield temporary
        sync_tree(temporary)
        old = None
        if target.exists():
            old = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.old.tmp")
            target.rename(old)
        temporary.rename(target)
        sync_folder(target.parent)
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sweep(folder: Path) -> int:
    """Remove temporary siblings left by dead processes; return how many."""
    if not folder.is_dir():
        return 0
    gone = 0
    for path in folder.glob(".*.tmp"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        gone += 1
    return gone


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
