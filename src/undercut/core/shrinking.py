"""What a compressor is given and what it hands back. Light to import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from undercut.core.contracts import Progress, silent
from undercut.core.types import BaseModelRef, Examples, Manifest


@dataclass
class ShrinkJob:
    """Everything a compressor needs; it reads nothing else.

    The rows that the gate judges by are not among them, so that nothing is fitted to these.

    Attributes:
        source: folder of the artefact to shrink; a composite only where the compressor names it
            among its architectures.
        manifest: its manifest.
        out: empty folder; the compressor writes the model's files there, never the manifest.
        options: the compressor's own options model.
        rows: labelled rows to learn from or to calibrate on, or ``None``.
        valid: labelled rows to choose on, or ``None``.
        unlabelled: inputs of the domain without labels, for a teacher to answer.
        teacher: folder of the artefact whose answers are to be kept; ``source`` if ``None``.
        cache: folder for intermediate results, or ``None``.
        seed: the only source of randomness.
        threads: cores to use.
        tick: progress callback.
    """

    source: Path
    manifest: Manifest
    out: Path
    options: Any
    rows: Examples | None = None
    valid: Examples | None = None
    unlabelled: Sequence[Any] = ()
    teacher: Path | None = None
    cache: Path | None = None
    seed: int = 0
    threads: int = 1
    tick: Callable[[Progress], None] = silent


@dataclass(frozen=True)
class Shrunk:
    """What a compressor made; the files lie in ``job.out``.

    Attributes:
        format: registered format of the files.
        config: the architecture's settings (JSON values only), what was done among them.
        architecture: registered architecture; that of the source if empty.
        base: the pretrained model it still carries; that of the source if ``None``.
    """

    format: str
    config: dict[str, Any] = field(default_factory=dict)
    architecture: str = ""
    base: BaseModelRef | None = None
