"""The verb ``export``: a finished run for TensorBoard, MLflow or Weights & Biases, on disk."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from undercut.core.errors import MissingExtra, Problem, did_you_mean, fail
from undercut.core.plugins import attr
from undercut.core.specs_results import ExportSpec
from undercut.core.types import Record
from undercut.pipeline.exporters.tracked import tracked
from undercut.pipeline.run import Listener, read_facts


@dataclass(frozen=True)
class Exporter:
    """A tracker: ``write`` is ``(Tracked, out: Path) -> str``, the command to look at it with."""

    write: str
    requires: tuple[str, ...]


EXPORTERS = {
    "tensorboard": Exporter("undercut.pipeline.exporters.to_tensorboard:write", ("tensorboardX",)),
    "mlflow": Exporter("undercut.pipeline.exporters.to_mlflow:write", ("mlflow", "alembic")),
    "wandb": Exporter("undercut.pipeline.exporters.to_wandb:write", ("wandb",)),
}


class ExportedRun(Record):
    """The result of ``export``."""

    run: str
    to: str
    out: str
    settings: int
    figures: int
    curves: int
    points: int
    next_command: str


def export(spec: ExportSpec, listener: Listener | None = None) -> ExportedRun:
    """Write a finished run for a tracker. Nothing is sent anywhere.

    The same run again takes the place of what was written before; several runs may share a folder.

    Raises:
        UndercutError: no such tracker or run, or the folder cannot be written.
        MissingExtra: the tracker's package is not installed.
    """
    if spec.to not in EXPORTERS:
        raise fail(
            "export-to",
            expected=f"a tracker: {', '.join(EXPORTERS)}",
            found=f"'{spec.to}'",
            where="--to",
            fix=did_you_mean(spec.to, EXPORTERS),
        )
    exporter = EXPORTERS[spec.to]
    if absent := [m for m in exporter.requires if importlib.util.find_spec(m) is None]:
        raise MissingExtra(
            "extra-missing",
            Problem(
                f"the packages of {spec.to} to be installed",
                f"no {', '.join(absent)}",
                fix=f'Run: pip install "undercut[{spec.to}]"',
            ),
        )
    facts = read_facts(spec.workspace, spec.run)
    out = spec.out or Path(facts.report).parent / "tracking" / spec.to
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise fail(
            "export-out",
            expected="a folder that can be written",
            found=str(e.strerror),
            where=str(out),
            fix="Choose another with --out DIR.",
        ) from None
    run = tracked(facts)
    command = attr(exporter.write)(run, out)
    return ExportedRun(
        run=run.name,
        to=spec.to,
        out=str(out),
        settings=len(run.settings),
        figures=len(run.figures),
        curves=len(run.curves),
        points=run.points,
        next_command=command,
    )
