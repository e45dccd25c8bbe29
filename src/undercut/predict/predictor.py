"""Open an artefact and answer: prepare, sort by size, pack, run, restore the order, decode."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core import plugins
from undercut.core.contracts import Scored, Scorer, Session, Task
from undercut.core.errors import IntegrityError, Problem, fail
from undercut.core.limits import usable_cores
from undercut.core.registry import BackendInfo
from undercut.core.types import Manifest
from undercut.predict.leaf import LeafScorer
from undercut.store import artefacts


def backends_for(manifest: Manifest) -> list[str]:
    """Return the installed backends that run this artefact's format, the measured one first."""
    able = [
        name
        for name in plugins.names("backend")
        if manifest.format in (info := plugins.get("backend", name)).formats
        and not plugins.missing(info)
    ]
    measured = manifest.measured.backend if manifest.measured else ""
    return sorted(able, key=lambda name: name != measured)


def _backend(folder: Path, manifest: Manifest, backend: str | None) -> BackendInfo:
    """Return the backend asked for, or the best installed one."""
    able = backends_for(manifest)
    if backend in able:
        chosen = backend
    elif backend and manifest.format in plugins.get("backend", backend).formats:
        plugins.require(plugins.get("backend", backend))
        chosen = backend
    elif able:
        chosen = able[0]
    else:
        for name in plugins.names("backend"):
            info = plugins.get("backend", name)
            if manifest.format in info.formats:
                plugins.require(info)
        raise fail(
            "backend-none",
            expected=f"a backend for format '{manifest.format}'",
            found=f"backends {', '.join(plugins.names('backend'))}",
            where=str(folder),
        )
    return plugins.get("backend", chosen)


def open_scorer(folder: Path, manifest: Manifest, backend: str | None, threads: int) -> Scorer:
    """Open a model or a composite of models.

    Args:
        folder: artefact folder.
        manifest: its manifest, already verified.
        backend: registered backend for the parts that it can run, or ``None``.
        threads: cores to use.

    Raises:
        UndercutError: a missing extra, or a child that is not the one the manifest names.
    """
    info = plugins.get("model", manifest.architecture)
    plugins.require(info)
    if not info.combine:
        frontend = plugins.attr(info.frontend)(folder, manifest)
        runtime = _backend(folder, manifest, backend)
        load_session = plugins.attr(runtime.load)

        def open_session(cores: int, lanes: int) -> Session:
            more = (lanes,) if runtime.streams else ()
            session: Session = load_session(folder, manifest, cores, *more)
            return session

        return LeafScorer(info, frontend, open_session, threads, runtime.lanes)
    children = {}
    for child in manifest.children:
        part = artefacts.read_manifest(folder / child.folder, verify=False)
        if artefacts.hash_of(part) != child.hash or part.labels != manifest.labels:
            raise IntegrityError(
                "artefact-child",
                Problem(
                    f"the child {child.name} with hash {child.hash[:12]}",
                    f"hash {artefacts.hash_of(part)[:12]}",
                    str(folder / child.folder),
                ),
            )
        children[child.name] = open_scorer(folder / child.folder, part, backend, threads)
    return plugins.attr(info.combine)(manifest, children)


class Predictor:
    """An opened artefact. Thread-safe: one call runs at a time.

    Attributes:
        manifest: the artefact's manifest.
        hash: the artefact's hash.
        labels: label space, in order.
        task: what it does.
    """

    def __init__(self, folder: Path, manifest: Manifest, scorer: Scorer) -> None:
        self.folder, self.manifest, self._scorer = folder, manifest, scorer
        self.hash = artefacts.hash_of(manifest)
        self.labels = manifest.labels
        self.task: Task = plugins.attr(plugins.get("task", manifest.task).load)()
        self._lock = threading.Lock()

    def score(self, inputs: Sequence[Any]) -> Scored:
        """Return calibrated log-probabilities ``float32 (U, K)`` of the inputs' units, in order."""
        if not len(inputs):
            return Scored(np.empty((0, len(self.labels)), dtype=np.float32), [])
        with self._lock:
            scored = self._scorer.score(inputs)
        if len(scored.log_probs):
            return scored
        return Scored(np.empty((0, len(self.labels)), dtype=np.float32), scored.truncated)

    def predict(self, inputs: Sequence[Any]) -> list[Any]:
        """Return one prediction an input; always a list.

        Raises:
            UndercutError: ``inputs`` is one string instead of a list of them.
        """
        if isinstance(inputs, (str, bytes)):
            raise fail(
                "predict-input",
                expected="a list of inputs",
                found="a single string",
                fix="Put it in a list: predict([text]).",
            )
        scored = self.score(inputs)
        return self.task.decode(scored, inputs, self.labels)


def load(folder: Path | str, backend: str | None = None, threads: int | None = None) -> Predictor:
    """Open an artefact folder, verifying every file against the manifest.

    Args:
        folder: artefact folder.
        backend: registered backend; the one measured best by default.
        threads: cores to use; all this process may use by default.

    Raises:
        UndercutError: not an artefact, changed files, or a missing extra.
    """
    folder = Path(folder)
    manifest = artefacts.read_manifest(folder)
    scorer = open_scorer(folder, manifest, backend, threads or usable_cores())
    return Predictor(folder, manifest, scorer)
