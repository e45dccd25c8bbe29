"""Open an artefact and answer: prepare, sort by size, pack, run, restore the order, decode."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core import plugins
from undercut.core.contracts import Scored, Scorer, Session, Task
from undercut.core.errors import IntegrityError, Problem, fail
from undercut.core.limits import usable_cores
from undercut.core.processor import processor
from undercut.core.registry import BackendInfo
from undercut.core.types import Manifest
from undercut.predict.leaf import LeafScorer, Plan
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


def choices(folder: Path, manifest: Manifest) -> list[str]:
    """Return the backends an artefact's exact parts may be run by; none when it is all one.

    A compressed form is run by the one the gate has judged: others round differently.
    """
    if manifest.compression:
        return []
    if not manifest.children:
        able = backends_for(manifest)
        return able if len(able) > 1 else []
    parts = [folder / child.folder for child in manifest.children]
    manifests = [artefacts.read_manifest(p, verify=False) for p in parts]
    if any(m.compression for m in manifests):
        return []
    found = [choices(p, m) for p, m in zip(parts, manifests, strict=True)]
    return list(dict.fromkeys(name for names in found for name in names))


def has_lanes(folder: Path, backend: str | None) -> bool:
    """Whether a part of an artefact is run by a backend that may run batches side by side."""
    manifest = artefacts.read_manifest(folder, verify=False)
    if manifest.children:
        return any(has_lanes(folder / child.folder, backend) for child in manifest.children)
    return _backend(folder, manifest, backend).lanes


def open_scorer(
    folder: Path, manifest: Manifest, backend: str | None, threads: int, plan: Plan | None = None
) -> Scorer:
    """Open a model or a composite of models.

    Args:
        folder: artefact folder.
        manifest: its manifest, already verified.
        backend: registered backend for the parts that it can run, or ``None``.
        threads: cores to use.
        plan: how the parts whose backend can choose use them; ``None`` for lanes, and all cores
            for a batch alone.

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

        if plan is None or not runtime.lanes:
            plan = Plan(threads if runtime.lanes else 1, threads)
        return LeafScorer(info, frontend, open_session, threads, plan)
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
        children[child.name] = open_scorer(folder / child.folder, part, backend, threads, plan)
    return plugins.attr(info.combine)(manifest, children)


class Predictor:
    """An opened artefact. Thread-safe: one call runs at a time.

    Attributes:
        manifest: the artefact's manifest.
        hash: the artefact's hash.
        labels: label space, in order.
        task: what it does.
        threads: cores it uses.
    """

    def __init__(self, folder: Path, manifest: Manifest, scorer: Scorer, threads: int) -> None:
        self.folder, self.manifest, self._scorer = folder, manifest, scorer
        self.threads = threads
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

    @cached_property
    def embeds(self) -> bool:
        """Whether the model has a vector of a text to give; opens its sessions."""
        return embedder_of(self._scorer) is not None

    def embed(self, inputs: Sequence[str]) -> np.ndarray:
        """Return a vector of length 1 for each text, ``float32 (n, D)``: what its head reads.

        Of a model of several parts it is that of the first part that has one. A text that is too
        long is cut as for :meth:`predict`.

        Raises:
            UndercutError: the model has none (``vector-none``).
        """
        return self.embed_told(inputs)[0]

    def embed_told(self, inputs: Sequence[str]) -> tuple[np.ndarray, list[bool]]:
        """Return :meth:`embed`, and whether each text was cut to the model's length."""
        if (embedder := embedder_of(self._scorer)) is None:
            raise fail(
                "vector-none",
                expected="a model that has a vector of a text",
                found=f"architecture {self.manifest.architecture}, format {self.manifest.format}",
                where=str(self.folder),
                fix="Train an encoder: undercut train --method full, or lora, probe.",
            )
        with self._lock:
            vectors, truncated = embedder.embed_told(inputs)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(lengths, np.float32(1e-12)), truncated


def embedder_of(scorer: Scorer) -> LeafScorer | None:
    """Return the first part of a model that has vectors, in the order of its parts."""
    if isinstance(scorer, LeafScorer):
        return scorer if scorer.embeds else None
    parts = getattr(scorer, "children", {}).values()
    return next((found for part in parts if (found := embedder_of(part))), None)


def load(
    folder: Path | str,
    backend: str | None = None,
    threads: int | None = None,
    plan: Plan | None = None,
) -> Predictor:
    """Open an artefact folder, verifying every file against the manifest.

    Args:
        folder: artefact folder.
        backend: registered backend; the one measured best by default.
        threads: cores to use; all this process may use by default.
        plan: how to use them; the way measured best on this processor by default.

    Raises:
        UndercutError: not an artefact, changed files, or a missing extra.
    """
    folder = Path(folder)
    manifest = artefacts.read_manifest(folder)
    threads = threads or usable_cores()
    plan = plan or measured_plan(manifest, threads)
    backend = backend or _measured_backend(manifest)
    scorer = open_scorer(folder, manifest, backend, threads, plan)
    return Predictor(folder, manifest, scorer, threads)


def _measured_backend(manifest: Manifest) -> str | None:
    """Return the backend a composite was measured best on, if it is installed here."""
    name = manifest.measured.backend if manifest.measured and manifest.children else ""
    if name not in plugins.names("backend") or plugins.missing(plugins.get("backend", name)):
        return None
    return name


def measured_plan(manifest: Manifest, threads: int) -> Plan | None:
    """Return how a model used its cores best when it was measured, if that was on such a processor.

    One core stays one; several become as many as there are now.
    """
    found = manifest.measured
    if found is None or found.lanes is None or found.lone_threads is None:
        return None
    if found.processor != processor():
        return None
    return Plan(threads if found.lanes > 1 else 1, threads if found.lone_threads > 1 else 1)
