"""A long file written piece by piece, so that a killed process goes on where it was.

Beside ``out`` lie ``.out.part``, what is written so far, and ``.out.journal``, one JSON line at
the start that says what is being written and one after each piece that is on the disk for good.
``out`` itself appears when all is there.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from undercut.core.errors import UndercutError, fail
from undercut.store.files import sync_folder

COMMIT_SECONDS = 1.0
"""A kill loses at most what was written in this time."""


class Journal:
    """Rows on their way to a file, in order. Use as a context.

    Args:
        out: the file they are for; its folder is made.
        key: what decides the bytes; what lies there under another key is thrown away.

    Attributes:
        rows: how many are on the disk for good.
        job: name of this writing, the same after a kill.
        restarted: half a file under another key was thrown away.

    Raises:
        UndercutError: the folder cannot be written, or another process writes the same file.
    """

    def __init__(self, out: Path, key: str) -> None:
        self.out = out
        self.rows, self.job, self.restarted = 0, uuid.uuid4().hex[:12], False
        self._waiting, self._last = 0, time.monotonic()
        if out.exists() and not out.is_file():
            raise fail(
                "predict-out",
                expected="the name of a file to write",
                found="a folder" if out.is_dir() else "a device or a pipe",
                where=str(out),
                fix="Name a file; a shell's > takes what is printed without --out.",
            )
        self._part = out.with_name(f".{out.name}.part")  # a name that is none is a folder
        self._journal = out.with_name(f".{out.name}.journal")
        with self._guarded():
            out.parent.mkdir(parents=True, exist_ok=True)
            self._data: IO[bytes] = self._part.open("ab")
        try:
            with self._guarded():
                _lock(self._data, out)
                self._go_on(key)
        except BaseException:
            self._data.close()
            raise

    def _go_on(self, key: str) -> None:
        head, rows, size = _read(self._journal)
        if head.get("key") == key and self._part.stat().st_size >= size:
            self.rows, self.job = rows, head["job"]
            self._data.truncate(size)
            self._notes: IO[str] = self._journal.open("a", encoding="utf-8")
            self._note({"rows": rows, "bytes": size})  # after whatever line a kill cut short
            return
        self.restarted = bool(head)
        self._data.truncate(0)
        self._notes = self._journal.open("w", encoding="utf-8")
        self._note({"key": key, "job": self.job})

    def _note(self, line: dict[str, Any]) -> None:
        self._notes.write(f"\n{json.dumps(line)}\n")
        self._notes.flush()
        os.fsync(self._notes.fileno())

    def add(self, rows: int, data: bytes) -> None:
        """Append rows; now and then make sure that all so far are on the disk."""
        with self._guarded():
            self._data.write(data)
            self._waiting += rows
            if time.monotonic() - self._last >= COMMIT_SECONDS:
                self.commit()

    def commit(self) -> None:
        """Make sure that what was added is on the disk, and note it."""
        with self._guarded():
            self._data.flush()
            os.fsync(self._data.fileno())
            self.rows, self._waiting = self.rows + self._waiting, 0
            self._note({"rows": self.rows, "bytes": os.fstat(self._data.fileno()).st_size})
        self._last = time.monotonic()

    def finish(self) -> None:
        """Let the file appear under its name."""
        self.commit()
        with self._guarded():
            self._part.replace(self.out)
            sync_folder(self.out.parent)
            self._journal.unlink()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as e:
            raise fail(
                "predict-out",
                expected="a file that can be written",
                found=e.strerror or "an error of the system",
                where=str(self.out),
                fix="Rows already on the disk are kept: mend that and run the command again.",
            ) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what is there for the next try, and let others write."""
        _close(self._notes.close, self._data.close)


def _close(*actions: Callable[[], None]) -> None:
    for action in actions:
        try:
            action()
        except OSError:  # the disk is full: what is noted is on it, the rest is done again
            continue


def _read(path: Path) -> tuple[dict[str, Any], int, int]:
    """Return the head, and the rows and bytes of the last line that is whole."""
    head: dict[str, Any] = {}
    rows = size = 0
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return head, 0, 0
    for line in lines:
        try:
            found = json.loads(line)
            if "key" in found:
                head = {"key": str(found["key"]), "job": str(found["job"])}
            else:
                rows, size = int(found["rows"]), int(found["bytes"])
        except (ValueError, KeyError, TypeError):
            continue
    return head, rows, size


def _lock(file: IO[bytes], out: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has no flock; two at once are the user's care there
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise _busy(out) from None


def _busy(out: Path) -> UndercutError:
    return fail(
        "predict-busy",
        expected="a file that nobody else is writing",
        found="another process at work on it",
        where=str(out),
        fix="Wait for it, or choose another file with --out.",
    )
