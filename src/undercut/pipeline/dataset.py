"""The first step: read the files, check them, split them, keep the split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from undercut.core import plugins
from undercut.core.errors import Problem, UndercutError, fail
from undercut.core.specs import DataSpec
from undercut.core.types import Dataset
from undercut.data.checks import Finding, check
from undercut.data.load import load_dataset
from undercut.data.sources import resolve, sha256_source
from undercut.data.stored import open_dataset, save_dataset
from undercut.data.task_files import task_for
from undercut.pipeline.memory import refuse_too_big
from undercut.pipeline.workspace import Workspace


def data_step(workspace: Workspace, spec: DataSpec) -> tuple[Dataset, list[str]]:
    """Return the split data set, and notes and warnings about it.

    Raises:
        UndercutError: no file, an unreadable one, or errors found by the checks.
    """
    if not spec.train:
        raise fail(
            "data-none",
            expected="a labelled file",
            found="none",
            fix="Name one: undercut run train.csv, or train = [...] in undercut.toml.",
        )
    sources = resolve(spec.train, spec.valid, spec.test)
    task, said = task_for(spec.task, spec.train)
    checks = plugins.get("task", task).check
    hashes = {p: sha256_source(p) for p in sources.files}
    material: dict[str, Any] = {
        "train": [hashes[p] for p in sources.train],
        "valid": [hashes[p] for p in sources.valid],
        "test": [hashes[p] for p in sources.test],
        "names": [sources.name, *(p.name for p in sources.files)],
        "columns": [spec.text_column, spec.label_column],
        "task": task,
        "seed": spec.seed,
        "valid_share": spec.valid_share,
        "licence": spec.licence,
    }

    def work(folder: Path) -> dict[str, Any]:
        refuse_too_big(sources.files)
        data, notes = load_dataset(
            spec.train,
            spec.test,
            spec.valid,
            task=task,
            seed=spec.seed,
            text_column=spec.text_column,
            label_column=spec.label_column,
            valid_share=spec.valid_share,
            licence=spec.licence,
        )
        look = plugins.attr(checks) if checks else check
        findings = look(data.train.plus(data.valid), data.test)
        errors = [f for f in findings if f.severity == "error"]
        if errors:
            raise UndercutError(
                "data-check",
                [_problem(f) for f in errors],
            )
        save_dataset(folder / "data", data)
        return {"hash": data.hash, "warnings": [*said, *notes, *(f.message for f in findings)]}

    step = workspace.step("data", material, work)
    return open_dataset(step.folder / "data"), step.result["warnings"]


def _problem(found: Finding) -> Problem:
    """Return a finding as what is wrong: what was found, and how to mend it."""
    what, _, mend = found.message.partition(". ")
    return Problem("data to learn from", what[:1].lower() + what[1:], fix=mend)
