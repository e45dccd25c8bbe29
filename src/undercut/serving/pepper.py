"""The secret of the keyed hash, in a file of its own that only its owner can read."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from undercut.core.errors import fail

PEPPER_BYTES = 32


def read_pepper(path: Path, *, create: bool) -> bytes:
    """Return the pepper, made on first use when ``create``.

    Raises:
        UndercutError: the file is gone, damaged, or readable by others.
    """
    try:
        if create and not path.exists():
            _create(path)
        pepper = path.read_bytes()
        mode = path.stat().st_mode & 0o777
    except OSError as e:
        raise fail(
            "pepper-file",
            expected="the secret that the stored keys were hashed with",
            found=str(e.strerror),
            where=str(path),
            fix="Restore it from a backup; without it no stored key can be verified.",
        ) from None
    if os.name == "posix" and mode & 0o077:
        raise fail(
            "pepper-shared",
            expected="a file that only its owner can read",
            found=f"mode {mode:o}",
            where=str(path),
            fix=f"Run: chmod 600 {path}",
        )
    if len(pepper) != PEPPER_BYTES:
        raise fail(
            "pepper-damaged",
            expected=f"{PEPPER_BYTES} bytes",
            found=f"{len(pepper)}",
            where=str(path),
            fix="Restore it from a backup; without it no stored key can be verified.",
        )
    return pepper


def _create(path: Path) -> None:
    """Write it whole under a name of its own, then link: two first users agree on one."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as f:
            f.write(secrets.token_bytes(PEPPER_BYTES))
            f.flush()
            os.fsync(f.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
