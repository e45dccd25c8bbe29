"""A write-ahead journal: a record is in a file before its answer leaves.

Append-only segments of one JSON object a line, each line led by its CRC-32. A plain append
survives the death of the process; with ``sync`` it also survives the loss of power, several
threads sharing one flush to the disk. A closed segment is deleted by its reader, once what it
says is safe elsewhere.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from undercut.core.errors import fail


class Journal:
    """The journal in a folder; one process at a time.

    Args:
        folder: made when absent.
        sync: flush every record to the disk before :meth:`append` returns.

    Raises:
        UndercutError: the folder cannot be written, or another process has it open.
    """

    def __init__(self, folder: Path, *, sync: bool = False) -> None:
        self.folder, self.sync = folder, sync
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock_fd = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as e:
            raise fail(
                "journal-folder",
                expected="a folder that can be written",
                found=str(e.strerror),
                where=str(folder),
            ) from None
        if not _locked(self._lock_fd):
            os.close(self._lock_fd)
            raise fail(
                "journal-busy",
                expected="a usage journal that no other server writes to",
                found="one at work in it",
                where=str(folder),
                fix="Stop it, or give this server a state folder of its own.",
            )
        self.identity = _identity(folder / "id")
        """Who writes here: the same after a restart."""
        self._writing, self._syncing = threading.Lock(), threading.Lock()
        self._fd: int | None = None
        self._size = self._written = self._synced = 0
        self._lines, self._closed = 0, dict[Path, int]()
        self._number = max(
            (int(p.stem) for p in folder.glob("*.*") if p.stem.isdecimal()), default=0
        )

    def append(self, *records: dict[str, Any]) -> None:
        """Write records, all in one system call.

        Raises:
            OSError: they could not be written (a full disk); nothing of them stays in the file.
        """
        line = b"".join(_line(record) for record in records)
        with self._writing:
            fd = self._fd if self._fd is not None else self._open()
            try:
                if os.write(fd, line) != len(line):
                    raise OSError("the record did not fit on the disk")
            except OSError:
                with suppress(OSError):
                    os.ftruncate(fd, self._size)
                raise
            self._size += len(line)
            self._lines += len(records)
            self._written += len(records)
            ticket = self._written
        if self.sync:
            self._flush(ticket)

    def _flush(self, ticket: int) -> None:
        with self._syncing:
            if self._synced >= ticket:  # another thread's flush covered this record
                return
            with self._writing:
                fd, written = self._fd, self._written
            if fd is not None:
                os.fsync(fd)
            self._synced = written

    def rotate(self) -> list[Path]:
        """Close the open segment and return all closed ones, oldest first."""
        with self._syncing, self._writing:
            if self._fd is not None:
                if self.sync:
                    os.fsync(self._fd)
                    self._synced = self._written
                os.close(self._fd)
                self._fd = None
                self._closed[self._path()] = self._lines
            return self._segments()

    def read(self, segment: Path) -> tuple[list[dict[str, Any]], int]:
        """Return a closed segment's records, and how many lines are damaged or missing."""
        records, damaged = read_segment(segment)
        return records, max(damaged, self._closed.get(segment, 0) - len(records))

    def drop(self, segment: Path) -> None:
        """Delete a segment whose records are safe elsewhere."""
        segment.unlink()
        self._closed.pop(segment, None)

    def close(self) -> None:
        """Close the files; what was not read stays for the next start."""
        self.rotate()
        os.close(self._lock_fd)

    def _segments(self) -> list[Path]:
        return sorted(p for p in self.folder.glob("*.jsonl") if p.stem.isdecimal())

    def _path(self) -> Path:
        return self.folder / f"{self._number:012d}.jsonl"

    def _open(self) -> int:
        self._number += 1
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
        self._fd = os.open(self._path(), flags, 0o600)
        self._size = self._lines = 0
        if self.sync:
            folder = os.open(self.folder, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        return self._fd


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _line(record: dict[str, Any]) -> bytes:
    body = _encode(record).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def read_segment(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the records of a closed segment, and how many damaged lines there were.

    A last line without its end was cut off by a kill before its answer left: it is no record
    and no damage.
    """
    lines = path.read_bytes().split(b"\n")
    records, damaged = [], 0
    for line in lines[:-1]:
        check, _, body = line.partition(b" ")
        if check == b"%08x" % zlib.crc32(body):
            records.append(json.loads(body))
        else:
            damaged += 1
    return records, damaged


def _identity(path: Path) -> str:
    found = path.read_text(encoding="ascii").strip() if path.is_file() else ""
    if not found:  # or cut off by a kill while it was written
        found = "srv_" + secrets.token_hex(8)
        path.write_text(found + "\n", encoding="ascii")
    return found


def _locked(fd: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows has no flock; one server a folder is the user's care there
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
