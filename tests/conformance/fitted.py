"""Fit every method once and keep the artefacts for the tests that walk them."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

from conformance.samples import rows_of
from conformance.tiny_base import tiny_base
from undercut.core import plugins
from undercut.core.contracts import FitJob, Fitted
from undercut.core.types import Manifest
from undercut.store import artefacts

TRAIN, VALID = 60, 30


def cells() -> list[tuple[str, str]]:
    """Return every (task, method) pair the registries allow."""
    return [
        (task, name)
        for name in plugins.names("method")
        for task in plugins.names("task")
        if task in plugins.get("method", name).ways
    ]


def job_of(task: str, method: str, out: Path, **changes: Any) -> FitJob:
    """Return a job on the sample rows."""
    info, way = plugins.get("method", method), plugins.way(method, task)
    kind = plugins.attr(plugins.get("task", task).load)()
    train, valid = rows_of(task, TRAIN, 0), rows_of(task, VALID, 1)
    base = ""
    if info.needs_base:
        base = str(tiny_base(tuple(map(kind.text, rows_of(task, TRAIN + VALID, 2).inputs))))
    cache = out.parent / "cache"
    cache.mkdir(exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {
        "task": kind,
        "labels": kind.label_space(train.targets),
        "train": train,
        "valid": valid,
        "options": plugins.attr(way.options)(),
        "architecture": way.architecture,
        "seed": 0,
        "threads": 1,
        "base": base,
        "out": out,
        "cache": cache,
    }
    return FitJob(**(facts | changes))


def write(folder: Path, task: str, method: str, fitted: Fitted, job: FitJob) -> Manifest:
    """Make an artefact of a fit's files."""

    def fill(target: Path) -> None:
        for path in job.out.iterdir():
            path.rename(target / path.name)

    manifest = Manifest(
        name=method,
        task=task,
        architecture=fitted.architecture,
        format=fitted.format,
        method=method,
        labels=job.labels,
        config=fitted.config,
        base=fitted.base,
    )
    return artefacts.write(folder, manifest, fill)


@functools.cache
def fitted(task: str, method: str) -> tuple[Path, Fitted]:
    """Fit a method on the sample rows, once a process; return its artefact and what it said."""
    place = Path(tempfile.mkdtemp(prefix="conformance-"))
    job = job_of(task, method, place / "out")
    result: Fitted = plugins.attr(plugins.way(method, task).fit)(job)
    write(place / "artefact", task, method, result, job)
    return place / "artefact", result


@functools.cache
def forms(task: str, method: str) -> dict[str, Path]:
    """Return every export and compressed form of a fitted method; kind -> folder."""
    from undercut.pipeline.forms import Material
    from undercut.pipeline.forms import forms as make_forms

    folder, _ = fitted(task, method)
    return make_forms(folder, folder.parent / "forms", method, Material())
