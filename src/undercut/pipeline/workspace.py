"""A workspace folder: steps addressed by content, runs by name, one ledger, one writer at a time.

A step's key is the hash of its inputs and of the options that matter to it. Its folder appears
only when the step is complete, so a killed run goes on after its last finished step.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import undercut
from undercut.core.errors import fail
from undercut.ledger.book import Book
from undercut.store.files import content_hash, sweep, whole_folder, write_json

RESULT = "result.json"


@dataclass(frozen=True)
class Step:
    """A finished step: its folder, its JSON result, and whether it had been done before."""

    name: str
    key: str
    folder: Path
    result: dict[str, Any]
    cached: bool

    @property
    def subject(self) -> str:
        """Return the ledger subject of the step."""
        return f"step:{self.name}:{self.key}"


def step_key(name: str, material: dict[str, Any]) -> str:
    """Return the key of a step, from what decides its result."""
    whole = {"step": name, "undercut": undercut.__version__, "material": material}
    return content_hash(whole)[:16]


@dataclass
class Workspace:
    """The folder everything is kept in.

    Attributes:
        root: the folder.
        book: its ledger.
        steps: steps used since the workspace was opened, in order.
        announce: called with a step's name when real work starts.
    """

    root: Path
    announce: Callable[[str], None] = lambda _: None
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            (self.root / "steps").mkdir(exist_ok=True)
            (self.root / "cache").mkdir(exist_ok=True)
        except OSError as e:
            raise fail(
                "workspace-folder",
                expected="a folder that can be written",
                found=str(e.strerror),
                where=str(self.root),
                fix="Choose another with --workspace DIR.",
            ) from None
        self.book = Book(self.root / "ledger.sqlite")

    def step(
        self, name: str, material: dict[str, Any], work: Callable[[Path], dict[str, Any]]
    ) -> Step:
        """Return the step's result, doing the work only when its content is new.

        Args:
            name: what the step does, such as ``fit-probe``.
            material: JSON value that decides the result: input hashes and options that matter.
            work: fills an empty folder and returns the JSON result.
        """
        key = step_key(name, material)
        folder = self.root / "steps" / f"{name}-{key}"
        path = folder / RESULT
        cached = path.is_file()
        if not cached:
            self.announce(name)
            with self.book.measure(f"step:{name}:{key}"), whole_folder(folder) as temporary:
                result = work(temporary)
                write_json(temporary / "material.json", material)
                write_json(temporary / RESULT, result)
        done = Step(name, key, folder, json.loads(path.read_text(encoding="utf-8")), cached)
        if done.subject not in {s.subject for s in self.steps}:
            self.steps.append(done)
        return done

    def run_folder(self, name: str) -> Path:
        """Return the folder of a run, made when absent."""
        folder = self.root / "runs" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def runs(self) -> list[Path]:
        """Return the folders of finished runs, newest first."""
        found = (self.root / "runs").glob("*/facts.json")
        return [p.parent for p in sorted(found, key=lambda p: -p.stat().st_mtime)]


@contextmanager
def open_workspace(root: Path, announce: Callable[[str], None]) -> Iterator[Workspace]:
    """Open a workspace for writing; one process at a time.

    Raises:
        UndercutError: another process is at work in it, or it cannot be written.
    """
    workspace = Workspace(root, announce)
    with (root / ".lock").open("a+") as lock:
        _take(lock, root)
        sweep(root / "steps")
        sweep(root / "runs")
        yield workspace


def _take(lock: IO[str], root: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has no flock; two runs at once are the user's care there
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise fail(
            "workspace-busy",
            expected="a workspace nobody else is writing to",
            found=f"process {lock.read().strip() or 'unknown'} at work in it",
            where=str(root),
            fix="Wait for it, or choose another with --workspace DIR.",
        ) from None
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
