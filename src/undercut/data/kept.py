"""Columns of rows too many to hold: the texts in a temporary file, their places as numbers.

In memory stay 12 bytes a text and 12 bytes a place, whatever their length.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Self, overload

import numpy as np

from undercut.core.contracts import Progress, silent

if TYPE_CHECKING:
    from undercut.core.types import Index

_BLOCK = 256
_TOLD = 64 * _BLOCK
_SPAN = 1 << 22


class Spool:
    """Bytes one after the other in a temporary file, which is gone when nobody holds it.

    Args:
        tick: told how many texts were read whenever all of a column are.
    """

    def __init__(self, tick: Callable[[Progress], None] = silent) -> None:
        self.tick = tick
        self._file: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115 - lives as long as its rows
            prefix="undercut-", buffering=1 << 20
        )
        self.size = 0
        self._writing = True

    def add(self, data: bytes) -> int:
        """Append bytes and return where they begin."""
        if not self._writing:
            self._file.seek(self.size)
            self._writing = True
        begin = self.size
        self._file.write(data)
        self.size += len(data)
        return begin

    def read(self, begin: int, size: int) -> bytes:
        """Return the bytes of a span."""
        self._writing = False
        self._file.seek(begin)
        return self._file.read(size)

    def __del__(self) -> None:
        """Let the file go."""
        if hasattr(self, "_file"):
            self._file.close()


class Texts(Sequence[str]):
    """Texts in a spool. Read in order they come in blocks; picked, one by one.

    Attributes:
        begin: first byte of each text, ``int64 (n,)``.
        size: bytes of each, ``int32 (n,)``.
    """

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.begin: array[int] = array("q")
        self.size: array[int] = array("i")

    def append(self, text: str) -> None:
        """Add a text at the end."""
        data = text.encode("utf-8", "surrogatepass")
        self.begin.append(self.spool.add(data))
        self.size.append(len(data))

    def extend(self, other: Self) -> None:
        """Add the texts of another column of the same spool."""
        self.begin.extend(other.begin)
        self.size.extend(other.size)

    def plus(self, other: Self) -> Texts:
        """Return these texts followed by those of ``other``, of the same spool."""
        found = self.take(range(len(self)))
        found.extend(other)
        return found

    def take(self, at: Index) -> Texts:
        """Return the texts at ``at``; none is read."""
        found = Texts(self.spool)
        places = np.asarray(at, np.int64)
        found.begin = _array("q", np.asarray(self.begin)[places])
        found.size = _array("i", np.asarray(self.size)[places])
        return found

    def __len__(self) -> int:
        return len(self.begin)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        return _text(self.spool.read(self.begin[at], self.size[at]))

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _BLOCK):
            if start and start % _TOLD == 0:
                note = f"{start:,} of {len(self):,}"
                self.spool.tick(Progress("rows", start, len(self), note))
            begin, size = self.begin[start : start + _BLOCK], self.size[start : start + _BLOCK]
            first, last = min(begin), max(b + s for b, s in zip(begin, size, strict=True))
            if last - first > max(_SPAN, 2 * sum(size)):
                yield from (_text(self.spool.read(b, s)) for b, s in zip(begin, size, strict=True))
                continue
            block = self.spool.read(first, last - first)
            for b, s in zip(begin, size, strict=True):
                yield _text(block[b - first : b - first + s])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _array(kind: str, values: np.ndarray) -> array[int]:
    found: array[int] = array(kind)
    found.frombytes(np.ascontiguousarray(values, kind).tobytes())
    return found


class Places(Sequence[str]):
    """``file:line`` of rows, kept as two numbers each."""

    def __init__(self, names: dict[str, int] | None = None) -> None:
        self.names = {} if names is None else names
        self._listed: list[str] = list(self.names)
        self.file: array[int] = array("i")
        self.line: array[int] = array("q")

    def append(self, place: str) -> None:
        """Add a place at the end."""
        name, _, line = place.rpartition(":")
        number = int(line) if name and line.isascii() and line.isdecimal() else -1
        whole = number >= 0 and str(number) == line
        self.file.append(self.names.setdefault(name if whole else place, len(self.names)))
        self.line.append(number if whole else -1)

    def extend(self, other: Self) -> None:
        """Add the places of another column that shares the names."""
        self.file.extend(other.file)
        self.line.extend(other.line)

    def plus(self, other: Self) -> Places:
        """Return these places followed by those of ``other``, which shares the names."""
        found = self.take(range(len(self)))
        found.extend(other)
        return found

    def take(self, at: Index) -> Places:
        """Return the places at ``at``."""
        found, rows = Places(self.names), np.asarray(at, np.int64)
        found.file = _array("i", np.asarray(self.file)[rows])
        found.line = _array("q", np.asarray(self.line)[rows])
        return found

    def order(self) -> np.ndarray:
        """Return what sorts rows by file (as they first occur) and line, ``int64 (n,)``."""
        file, line = np.asarray(self.file), np.asarray(self.line)
        first = np.full(len(self.names), len(file))
        np.minimum.at(first, file, np.arange(len(file)))
        return np.lexsort((line, first[file]))

    def __len__(self) -> int:
        return len(self.file)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        file, line = self.file[at], self.line[at]
        if file >= len(self._listed):
            self._listed = list(self.names)
        return self._listed[file] if line < 0 else f"{self._listed[file]}:{line}"
