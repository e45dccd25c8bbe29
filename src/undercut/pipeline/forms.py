"""Exports and compressed forms of one model, each an artefact of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core import plugins
from undercut.core.contracts import Progress, silent
from undercut.core.registry import CompressorInfo, Recipe
from undercut.core.shrinking import ShrinkJob, Shrunk
from undercut.core.types import Examples, Manifest
from undercut.data.normal import same_hashes
from undercut.store import artefacts, learned


@dataclass(frozen=True)
class Material:
    """What compressors may learn from; never the rows the gate judges by.

    Attributes:
        rows: labelled training rows, or ``None``.
        valid: labelled rows to choose on, or ``None``.
        unlabelled: inputs of the domain without labels.
        teacher: folder of the artefact whose answers are to be kept; the source if ``None``.
        cache: folder for intermediate results, or ``None``.
    """

    rows: Examples | None = None
    valid: Examples | None = None
    unlabelled: Sequence[Any] = ()
    teacher: Path | None = None
    cache: Path | None = None
    seed: int = 0
    threads: int = 1
    tick: Callable[[Progress], None] = silent


def export(source: Path, folder: Path, name: str, fmt: str) -> Manifest:
    """Write an artefact in another format."""
    manifest = artefacts.read_manifest(source, verify=False)
    write = plugins.attr(plugins.get("model", manifest.architecture).export[fmt])
    exported = manifest.model_copy(
        update={"name": name, "format": fmt, "parent": artefacts.hash_of(manifest), "files": {}}
    )

    def fill(out: Path) -> None:
        write(source, manifest, out)
        learned.write(out, learned.read(source, manifest))

    return artefacts.write(folder, exported, fill)


def job_of(source: Path, out: Path, options: Any, material: Material) -> ShrinkJob:
    """Return the job of a compressor."""
    return ShrinkJob(
        source=source,
        manifest=artefacts.read_manifest(source, verify=False),
        out=out,
        options=options,
        rows=material.rows,
        valid=material.valid,
        unlabelled=material.unlabelled,
        teacher=material.teacher,
        cache=material.cache,
        seed=material.seed,
        threads=material.threads,
        tick=material.tick,
    )


def shrink(
    source: Path, folder: Path, name: str, compressor: str, options: Any, material: Material
) -> Manifest:
    """Write an artefact that a compressor makes of another."""
    info = plugins.get("compressor", compressor)
    plugins.require(info)
    raw = folder.with_name(f"{folder.name}-raw")
    raw.mkdir(parents=True)
    job = job_of(source, raw, options, material)
    made: Shrunk = plugins.attr(info.compress)(job)
    done = job.manifest.model_copy(
        update={
            "name": name,
            "compression": compressor,
            "parent": artefacts.hash_of(job.manifest),
            "format": made.format,
            "config": made.config,
            "architecture": made.architecture or job.manifest.architecture,
            "base": made.base or job.manifest.base,
            "children": (),
            "measured": None,
            "gate": None,
            "metrics": {},
            "files": {},
        }
    )

    def fill(out: Path) -> None:
        for path in raw.iterdir():
            path.rename(out / path.name)
        learned.write(out, _learned(job))

    result = artefacts.write(folder, done, fill)
    raw.rmdir()
    return result


def _learned(job: ShrinkJob) -> np.ndarray | None:
    """Return the hashes of the rows that a compressed form or its source has learned from."""
    sources = [learned.read(job.source, job.manifest)]
    if job.teacher is not None and job.teacher != job.source:
        manifest = artefacts.read_manifest(job.teacher, verify=False)
        sources.append(learned.read(job.teacher, manifest))
    given = [part.inputs for part in (job.rows, job.valid) if part is not None]
    return learned.joined(*sources, *map(same_hashes, [*given, job.unlabelled]))


def options_of(info: CompressorInfo, recipe: Recipe) -> Any:
    """Return a recipe's options."""
    return plugins.attr(info.options)(**recipe.options)


def milder(source: Path, out: Path, info: CompressorInfo, options: Any, material: Material) -> Any:
    """Return milder options after a refusal, or ``None``; nothing is written to ``out``."""
    if not info.mend:
        return None
    return plugins.attr(info.mend)(job_of(source, out, options, material))


def recipes(
    architecture: str, task: str, fmt: str | None = None
) -> Iterator[tuple[CompressorInfo, Recipe]]:
    """Yield what may be tried on an architecture, in order of work, the mildest first."""
    infos = [plugins.get("compressor", name) for name in plugins.names("compressor")]
    for info in sorted(infos, key=lambda i: i.stage):
        if info.tasks and task not in info.tasks:
            continue
        if architecture in info.architectures and (fmt is None or fmt in info.formats):
            for recipe in info.recipes:
                yield info, recipe


def forms(model: Path, out: Path, name: str, material: Material) -> dict[str, Path]:
    """Write every export and usual compressed form of a model below ``out``; kind -> folder."""
    source = artefacts.read_manifest(model, verify=False)
    made: dict[str, Path] = {}
    for fmt in plugins.get("model", source.architecture).export:
        material.tick(Progress(name, 0, 1, f"export to {fmt}"))
        export(model, out / fmt, f"{name} {fmt}", fmt)
        made[fmt] = out / fmt
    for info, recipe in recipes(source.architecture, source.task):
        start = next((made[f] for f in info.formats if f in made), None)
        if start is None or not recipe.usual or (recipe.rows and material.rows is None):
            continue
        material.tick(Progress(name, 0, 1, recipe.name))
        options = options_of(info, recipe)
        shrink(start, out / recipe.name, f"{name} {recipe.name}", info.name, options, material)
        made[recipe.name] = out / recipe.name
    return made
