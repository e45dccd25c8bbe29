"""Steps that turn a model into something to serve: export, compress, gate, measure."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from undercut.compression.gate import gate
from undercut.core import plugins
from undercut.core.contracts import Progress
from undercut.core.processor import processor
from undercut.core.specs import GateSpec
from undercut.core.types import GateResult, Manifest, Measurement
from undercut.pipeline.fitting import Context, write_stack
from undercut.pipeline.forms import Material, forms
from undercut.pipeline.workspace import Step
from undercut.predict.company import in_company
from undercut.predict.measure import Thing, Yardstick, together
from undercut.predict.predictor import choices, load
from undercut.store import artefacts

UNLABELLED_ROWS = 250
EXPORT_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Parts:
    """What a candidate is made of: a fitted model, and the linear one when they are stacked.

    Attributes:
        scores: the reference's log-probabilities of the validation rows, where a step before has
            left them.
    """

    rung: str
    model: Path
    linear: Path | None = None
    stack: dict[str, Any] | None = None
    scores: Path | None = None

    @property
    def architecture(self) -> str:
        """Return the architecture of the fitted model."""
        return artefacts.read_manifest(self.model, verify=False).architecture

    @property
    def name(self) -> str:
        """Return the candidate's name, such as ``probe+linear``."""
        return f"{self.rung}+linear" if self.stack else self.rung


@dataclass(frozen=True)
class Built:
    """A variant on disk."""

    name: str
    folder: Path
    manifest: Manifest
    scores: Path

    @property
    def hash(self) -> str:
        """Return the artefact's hash."""
        return artefacts.hash_of(self.manifest)


@dataclass(frozen=True)
class Measured:
    """A variant and what was measured of it."""

    built: Built
    known: Measurement

    @property
    def yardstick(self) -> Yardstick:
        """Return it as what others are measured beside, not yet opened."""
        manifest = self.built.manifest
        backend = None if manifest.children else self.known.backend
        return Yardstick(Thing(self.built.folder, backend), self.known)


def _assemble(parts: Parts, model: Path, folder: Path, name: str) -> Manifest:
    manifest = artefacts.read_manifest(model, verify=False)
    if parts.stack and parts.linear:
        children = {parts.rung: model, "linear": parts.linear}
        return write_stack(folder, name, children, parts.stack, manifest)
    shutil.copytree(model, folder)
    return artefacts.amend(folder, name=name)


def build_step(context: Context, parts: Parts, gating: GateSpec, recipe: Step | None) -> Step:
    """Write the reference, its exports and its compressed forms; gate each against the reference.

    Args:
        context: the run.
        parts: what the candidate is made of.
        gating: bounds of the gate.
        recipe: for a refit, the same step on the model that never saw the validation rows:
            the accuracy bound is taken from there and only the agreement is tested again.
    """
    source = artefacts.read_manifest(parts.model, verify=False)
    info = plugins.get("model", source.architecture)
    material = {
        "model": artefacts.hash_of(source),
        "linear": _hash(parts.linear),
        "stack": parts.stack,
        "gate": [gating.compress, gating.max_drop, gating.min_agreement],
        "recipe": recipe.key if recipe else "",
        "processor": processor() if info.export and gating.compress else "",
    }

    def work(folder: Path) -> dict[str, Any]:
        models = {"": parts.model}
        if gating.compress:
            material = Material(rows=context.data.train, tick=context.tick, threads=context.threads)
            models |= forms(parts.model, folder / "parts", parts.rung, material)
        unlabelled = context.task.unlabelled(
            context.data.train.inputs, UNLABELLED_ROWS, context.seed
        )
        found = []
        reference: tuple[np.ndarray, np.ndarray, Manifest] | None = None
        for kind, model in models.items():
            slug = kind or "reference"
            name = f"{parts.name} {kind}".strip()
            manifest = _assemble(parts, model, folder / slug, name)
            predictor = load(folder / slug, threads=context.threads)
            if reference is None and parts.scores is not None:
                valid = np.load(parts.scores, allow_pickle=False)
            else:
                valid = predictor.score(context.data.valid.inputs).log_probs
            free = predictor.score(unlabelled).log_probs
            np.save(folder / f"{slug}.npy", valid)
            result: GateResult | None = None
            if reference is None:
                reference = (valid, free, manifest)
            else:
                company = in_company(predictor, context.data.valid.inputs)
                candidate = (valid, free, manifest)
                result = _judge(
                    context, gating, reference, candidate, company, unlabelled, recipe, slug
                )
                artefacts.amend(folder / slug, gate=result)
            found.append(
                {
                    "kind": slug,
                    "name": name,
                    "hash": artefacts.hash_of(manifest),
                    "gate": result.model_dump(mode="json") if result else None,
                }
            )
        shutil.rmtree(folder / "parts", ignore_errors=True)
        return {"variants": found}

    return context.workspace.step(f"build-{parts.rung}", material, work)


def _hash(folder: Path | None) -> str:
    return artefacts.hash_of(artefacts.read_manifest(folder, verify=False)) if folder else ""


def _judge(
    context: Context,
    gating: GateSpec,
    reference: tuple[np.ndarray, np.ndarray, Manifest],
    candidate: tuple[np.ndarray, np.ndarray, Manifest],
    company: tuple[np.ndarray, np.ndarray],
    unlabelled: list[Any],
    recipe: Step | None,
    kind: str,
) -> GateResult:
    result = gate(
        (reference[0], candidate[0]),
        (reference[1], candidate[1]),
        judge=context.judge,
        answers=lambda x: context.task.answers(x, unlabelled, context.data.labels),
        max_drop=gating.max_drop / 100,
        min_agreement=gating.min_agreement,
        company=company,
        labels_reference=reference[2].labels,
        labels_candidate=candidate[2].labels,
        reference_hash=artefacts.hash_of(reference[2]),
    )
    if result.verdict == "needs-rows" and not candidate[2].compression:
        gap = max(
            float(np.abs(np.exp(a) - np.exp(b)).max(initial=0.0))
            for a, b in zip(reference[:2], candidate[:2], strict=True)
        )
        if gap < EXPORT_TOLERANCE:
            why = f"the same model in another format: probabilities differ by at most {gap:.1e}"
            return result.model_copy(update={"verdict": "passed", "reason": why})
    if recipe is None or result.verdict == "refused":
        return result
    # A refit has seen the validation rows, so they prove nothing about its accuracy: the recipe's
    # verdict on held-out rows stands, and the refit must agree with its own reference.
    held_out = next(v["gate"] for v in recipe.result["variants"] if v["kind"] == kind)
    return GateResult.model_validate(held_out).model_copy(
        update={
            "reason": f"{held_out['reason']}; refitted on all rows, it answers as its reference "
            f"on {result.agreement_labelled or 0:.1%} of labelled and "
            f"{result.agreement_unlabelled or 0:.1%} of unlabelled rows",
            "reference": result.reference,
            "agreement_labelled": result.agreement_labelled,
            "agreement_unlabelled": result.agreement_unlabelled,
            "batch_shift": result.batch_shift,
            "batch_flips": result.batch_flips,
        }
    )


def variants_of(step: Step) -> list[Built]:
    """Return the variants a build step wrote, the reference first."""
    return [
        Built(
            v["name"],
            step.folder / v["kind"],
            artefacts.read_manifest(step.folder / v["kind"], verify=False),
            step.folder / f"{v['kind']}.npy",
        )
        for v in step.result["variants"]
    ]


def measure_step(
    context: Context, built: list[Built], beside: Measured | None = None
) -> dict[str, Measurement]:
    """Measure variants on this machine, once, in turns: on each backend that may run one.

    Args:
        context: the run.
        built: the variants.
        beside: a variant measured before, to which the figures are ratios.

    Returns:
        By hash, the measurement on the backend with the most texts a second a core.
    """
    runtimes: dict[str, list[str | None]] = {}
    for b in built:
        runtimes[b.hash] = [*choices(b.folder, b.manifest)] or [None]
    texts = [*context.data.valid.inputs, *context.data.train.inputs][:1000]

    def work(_: Path) -> dict[str, Any]:
        names = ", ".join(b.name for b in built)
        context.tick(Progress("measure", 0, 1, names))
        things = {b.hash: [Thing(b.folder, r) for r in runtimes[b.hash]] for b in built}
        yardstick = beside.yardstick if beside else None
        every = [t for those in things.values() for t in those]
        try:
            found = together(every, texts, context.threads, yardstick)
        finally:
            if yardstick is not None:
                yardstick.close()
        best = {
            key: max((found[t] for t in those), key=lambda m: m.texts_per_second / m.threads)
            for key, those in things.items()
        }
        return {key: m.model_dump(mode="json") for key, m in best.items()}

    material = {
        "variants": runtimes,
        "processor": processor(),
        "threads": context.threads,
        "beside": [beside.built.hash, beside.known.model_dump(mode="json")] if beside else [],
    }
    step = context.workspace.step("measure", material, work)
    return {key: Measurement.model_validate(m) for key, m in step.result.items()}


def servable(built: list[Built]) -> list[Built]:
    """Return the variants that may be promoted: the reference, and those the gate passed."""
    return [b for b in built if b.manifest.gate is None or b.manifest.gate.verdict == "passed"]
