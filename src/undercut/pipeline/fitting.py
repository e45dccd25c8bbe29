"""Steps that make models: fit one method, stack it with the linear one, keep validation scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from undercut.core import plugins
from undercut.core.contracts import FitJob, Fitted, Judged, Progress, Task
from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.core.specs import FitSpec
from undercut.core.types import Child, Dataset, Examples, Manifest
from undercut.data.normal import same_hashes
from undercut.evaluation.stacking import fit_stack, stack_log_probs, stack_value
from undercut.ledger.meter import peak_of
from undercut.pipeline.coreset.training import Coreset
from undercut.pipeline.workspace import Step, Workspace
from undercut.predict.predictor import load
from undercut.store import artefacts, learned
from undercut.store.files import content_hash

ARTEFACT = "artefact"
SCORES = "valid.npy"


@dataclass
class Context:
    """What every stage needs: where, what, how, and whom to tell.

    Attributes:
        tick: progress callback.
        base_hash: SHA-256 of the pretrained model, or ``""`` when none is used.
        coreset: what was chosen with ``--coreset``; ``data`` holds these rows only.
    """

    workspace: Workspace
    data: Dataset
    task: Task
    spec: FitSpec
    seed: int
    threads: int
    tick: Any
    base_hash: str = ""
    coreset: Coreset | None = None

    def job(self, method: str, out: Path, train: Examples, valid: Examples | None) -> FitJob:
        """Return the fit job of a method."""
        info = plugins.get("method", method)
        return FitJob(
            task=self.task,
            labels=self.data.labels,
            train=train,
            valid=valid,
            options=self.options(method),
            seed=self.seed,
            threads=self.threads,
            base=self.spec.base if info.needs_base else "",
            architecture=plugins.way(method, self.data.task).architecture,
            method=method,
            device=self.spec.device,
            workers=self.spec.workers,
            out=out,
            cache=self.workspace.root / "cache",
            tick=self.tick,
        )

    def checkpoint(self, method: str, choices: dict[str, Any] | None = None) -> Path:
        """Return where a fit keeps its state: a killed step's own folder is swept."""
        key = content_hash([self.material(method), choices])[:16]
        return self.workspace.root / "cache" / f"checkpoint-{key}.safetensors"

    def options(self, method: str) -> Any:
        """Return the method's validated options.

        Raises:
            UndercutError: every option that is unknown or has a wrong value.
        """
        way = plugins.way(method, self.data.task)
        model = plugins.attr(way.options)
        try:
            return model.model_validate(self.spec.options.get(method, {}))
        except ValidationError as e:
            raise UndercutError(
                "option-value",
                [_problem(error, method, list(model.model_fields)) for error in e.errors()],
            ) from None

    def judge(self, scores: np.ndarray) -> Judged:
        """Set scores of the validation rows against their targets."""
        return self.task.judge(scores, self.data.valid, self.data.labels)

    def material(self, method: str) -> dict[str, Any]:
        """Return what decides a fit of ``method``."""
        info = plugins.get("method", method)
        return {
            "data": self.data.hash,
            "method": method,
            "options": self.options(method).model_dump(mode="json"),
            "seed": self.seed,
            "base": self.base_hash if info.needs_base else "",
            **({"device": self.spec.device} if info.needs_base else {}),
        }


def _problem(error: Any, method: str, known: list[str]) -> Problem:
    """Return what is wrong with a method's option."""
    name = str(error["loc"][0]) if error["loc"] else ""
    where = f"[options.{method}] {name}".strip()
    if error["type"] == "extra_forbidden":
        return Problem(f"an option of {method}", f"'{name}'", where, did_you_mean(name, known))
    message = error["msg"][0].lower() + error["msg"][1:]
    return Problem(message.removeprefix("input should be "), repr(error["input"]), where)


def manifest_of(fitted: Fitted, context: Context, method: str, name: str) -> Manifest:
    """Return the manifest of a fitted model, files still to be written."""
    return Manifest(
        name=name,
        task=context.data.task,
        architecture=fitted.architecture,
        format=fitted.format,
        method=method,
        labels=context.data.labels,
        config=fitted.config,
        base=fitted.base,
        dataset=context.data.hash,
        data_licence=context.data.licence,
    )


def fit_step(context: Context, method: str) -> Step:
    """Fit a method on the training rows, choosing on validation; score validation with it."""

    def work(folder: Path) -> dict[str, Any]:
        with peak_of() as peak:
            fitted = fit_on(context, method, folder / ARTEFACT, method, context.data.train)
        predictor = load(folder / ARTEFACT, threads=context.threads)
        scored = predictor.score(context.data.valid.inputs)
        np.save(folder / SCORES, scored.log_probs)
        return {
            "choices": fitted.choices,
            "curve": list(fitted.curve),
            "trainable_parameters": fitted.trainable_parameters,
            "total_parameters": fitted.total_parameters,
            "peak_memory_bytes": peak.memory_bytes,
            "size_bytes": learned.needed_bytes(folder / ARTEFACT),
            "compute": dict(fitted.compute),
            "hash": predictor.hash,
            "truncated": [i for i, cut in enumerate(scored.truncated) if cut],
        }

    step = context.workspace.step(f"fit-{method}", context.material(method), work)
    context.checkpoint(method).unlink(missing_ok=True)
    return step


def refit_step(context: Context, method: str, choices: dict[str, Any]) -> Step:
    """Fit a method again on train + validation rows with the choices made before."""

    def work(folder: Path) -> dict[str, Any]:
        rows = context.data.train.plus(context.data.valid)
        fit_on(context, method, folder / ARTEFACT, f"{method} refit", rows, choices)
        manifest = artefacts.read_manifest(folder / ARTEFACT, verify=False)
        return {"hash": artefacts.hash_of(manifest)}

    material = context.material(method) | {"choices": choices}
    step = context.workspace.step(f"refit-{method}", material, work)
    context.checkpoint(method, choices).unlink(missing_ok=True)
    return step


def fit_on(
    context: Context,
    method: str,
    folder: Path,
    name: str,
    rows: Examples,
    choices: dict[str, Any] | None = None,
) -> Fitted:
    """Fit a method on rows and write the artefact; choose on validation unless told ``choices``."""
    info = plugins.get("method", method)
    plugins.require(info, context.data.task)
    valid = context.data.valid if choices is None else None
    job = context.job(method, folder.with_name("fit"), rows, valid)
    job.fixed = choices or {}
    job.checkpoint = context.checkpoint(method, choices)
    job.out.mkdir()
    context.tick(Progress(method, 0, 1, "fitting"))
    fitted: Fitted = plugins.attr(plugins.way(method, context.data.task).fit)(job)

    def fill(target: Path) -> None:
        for path in job.out.iterdir():
            path.rename(target / path.name)
        learned.write(target, same_hashes(rows.inputs))

    artefacts.write(folder, manifest_of(fitted, context, method, name), fill)
    job.out.rmdir()
    return fitted


def scores_of(step: Step) -> np.ndarray:
    """Return a step's validation log-probabilities ``(n, K)``."""
    return np.load(step.folder / SCORES, allow_pickle=False)


def stack_step(context: Context, rung: Step, linear: Step) -> Step:
    """Fit the weights of rung + linear on validation; say whether the stack pays."""

    def work(folder: Path) -> dict[str, Any]:
        parts = [scores_of(rung), scores_of(linear)]
        y = context.task.encode(context.data.valid, context.data.labels)
        found = fit_stack(parts, y, context.judge(parts[0]).items)
        value = stack_value(parts, y, found, context.judge, context.task.quality_name)
        np.save(folder / SCORES, stack_log_probs(parts, found))
        names = (rung.name.removeprefix("fit-"), "linear")
        config = {
            "weights": dict(zip(names, found.weights, strict=True)),
            "temperatures": dict(zip(names, found.temperatures, strict=True)),
            "temperature": found.temperature,
        }
        return {"pays": value.pays, "reason": value.reason, "config": config}

    material = {"parts": [rung.result["hash"], linear.result["hash"]], "data": context.data.hash}
    return context.workspace.step(f"stack-{rung.name.removeprefix('fit-')}", material, work)


def write_stack(
    folder: Path,
    name: str,
    parts: dict[str, Path],
    config: dict[str, Any],
    like: Manifest,
    architecture: str = "",
    hashes: np.ndarray | None = None,
) -> Manifest:
    """Write a composite artefact whose children are copies of the artefacts in ``parts``.

    Args:
        folder: where.
        name: of the artefact.
        parts: children by name, in their order.
        config: the architecture's own.
        like: the manifest that task, labels, base and data set are taken from.
        architecture: registered architecture that joins them, with its first format; that of
            ``like`` if it is joined of parts itself, else ``composite``.
        hashes: of the rows it was joined on, besides those the parts have learned from.
    """
    architecture = architecture or (like.architecture if like.children else "composite")
    import shutil

    children = tuple(
        Child(
            name=part,
            folder=f"children/{part}",
            hash=artefacts.hash_of(artefacts.read_manifest(path, verify=False)),
        )
        for part, path in parts.items()
    )

    def fill(target: Path) -> None:
        for part, path in parts.items():
            shutil.copytree(path, target / "children" / part)
        learned.write(target, hashes)

    manifest = Manifest(
        name=name,
        task=like.task,
        architecture=architecture,
        format=plugins.get("model", architecture).formats[0],
        method=like.method,
        labels=like.labels,
        config=config,
        base=like.base,
        dataset=like.dataset,
        data_licence=like.data_licence,
        children=children,
    )
    return artefacts.write(folder, manifest, fill)
