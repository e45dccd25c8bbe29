"""Steps of the search: make a form, judge it, measure it; each kept by its content."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from undercut.compression.gate import gate
from undercut.core import plugins
from undercut.core.contracts import Progress
from undercut.core.processor import processor
from undercut.core.specs import GateSpec
from undercut.core.types import GateResult, Manifest, Measurement, Metric
from undercut.measures.paired import drop_bound
from undercut.pipeline.compressing.parts import changed, parts_of
from undercut.pipeline.compressing.plan import Change
from undercut.pipeline.compressing.rows import Rows
from undercut.pipeline.forms import Material, export, milder, options_of, shrink
from undercut.pipeline.workspace import Step, Workspace
from undercut.predict.company import in_company
from undercut.predict.measure import Thing, Yardstick, together
from undercut.predict.predictor import backends_for, load
from undercut.store import artefacts
from undercut.store.files import content_hash

MOST_TRIES = 4
"""Times a form is made, milder each time after a refusal."""
EXPORT_TOLERANCE = 1e-3
"""A format whose probabilities differ less is the same model; rows need not prove it."""
ARTEFACT, SCORES, FREE, COMPANY = "artefact", "held.npy", "free.npy", "company.npy"


@dataclass(frozen=True)
class Lab:
    """What every step of a search needs.

    Attributes:
        root: the reference: the whole model that everything is compared with.
    """

    workspace: Workspace
    root: Path
    manifest: Manifest
    rows: Rows
    bounds: GateSpec
    material: Material
    threads: int
    kept: dict[str, Yardstick] = field(default_factory=dict)

    @property
    def yardstick(self) -> Yardstick:
        """Return the measured reference, beside which every form is measured."""
        return self.kept["reference"]

    def close(self) -> None:
        """Let the reference go."""
        for yardstick in self.kept.values():
            yardstick.close()

    @property
    def identity(self) -> dict[str, Any]:
        """Return what decides the result of every step."""
        return {
            "reference": artefacts.hash_of(self.manifest),
            "rows": self.rows.key,
            "gate": [self.bounds.max_drop, self.bounds.min_agreement],
            "processor": processor(),
        }


@dataclass(frozen=True)
class Made:
    """A form on disk."""

    steps: tuple[str, ...]
    step: Step

    @property
    def folder(self) -> Path:
        """Return the artefact's folder."""
        return self.step.folder / ARTEFACT

    @property
    def manifest(self) -> Manifest:
        """Return its manifest."""
        return artefacts.read_manifest(self.folder, verify=False)

    @property
    def verdict(self) -> GateResult | None:
        """Return what the gate said; ``None`` of the reference."""
        found = self.step.result["gate"]
        return GateResult.model_validate(found) if found else None

    @property
    def quality(self) -> Metric:
        """Return its quality on the held-out rows."""
        return Metric.model_validate(self.step.result["quality"])


def reference(lab: Lab) -> Made:
    """Score the model itself."""

    def work(folder: Path) -> dict[str, Any]:
        shutil.copytree(lab.root, folder / ARTEFACT)
        quality = _score(lab, folder)
        return {"gate": None, "quality": quality, "tries": []}

    return Made((), lab.workspace.step("compress-reference", lab.identity, work))


def make(lab: Lab, before: Made, root: Made, change: Change) -> Made | None:
    """Apply a change to a form, judge it against the reference; milder again after a refusal.

    Returns:
        The new form; ``None`` when the change does not apply to it.

    Raises:
        UndercutError: the change cannot be made: a package, rows or an instruction is missing.
    """
    steps = (*before.steps, change.name)
    name = f"{lab.manifest.name} {' + '.join(steps)}"
    options = options_of(change.info, change.recipe) if change.info and change.recipe else None
    material = lab.identity | {
        "before": artefacts.hash_of(before.manifest),
        "change": change.name,
        "options": options.model_dump(mode="json") if options else None,
        "learned": lab.rows.learned_key if change.learns else "",
        "seed": lab.material.seed,
    }

    def work(folder: Path) -> dict[str, Any]:
        tries: list[str] = []
        now = options
        for attempt in range(MOST_TRIES):
            target = folder / f"try-{attempt}"
            target.mkdir()
            apply = _apply(lab, change, now)
            found = changed(before.folder, target / ARTEFACT, name, apply, change.whole)
            if found is None:
                return {"gate": None, "quality": None, "tries": [], "applies": False}
            quality, result = _tested(lab, root.step.folder, target)
            better = None
            hopeful = result.verdict == "refused" or _provable(lab, result)
            if result.verdict != "passed" and hopeful and change.info and attempt + 1 < MOST_TRIES:
                better = _milder(lab, change, before, target, now)
            if better is None:
                break
            tries.append(f"{_kept(now)}: {result.verdict}")
            now = better
        for path in target.iterdir():
            path.rename(folder / path.name)
        for path in folder.glob("try-*"):
            shutil.rmtree(path)
        artefacts.amend(folder / ARTEFACT, gate=result)
        if tries:
            tries.append(f"{_kept(now)}: {result.verdict}")
        return {
            "gate": result.model_dump(mode="json"),
            "quality": quality,
            "tries": tries,
            "applies": True,
        }

    done = lab.workspace.step(f"compress-{change.name}", material, work)
    return Made(steps, done) if done.result.get("applies", True) else None


def _provable(lab: Lab, result: GateResult) -> bool:
    """Whether the rows would prove a form that answers exactly as its reference."""
    return float(drop_bound(0, 0, result.rows)) <= lab.bounds.max_drop / 100


def _apply(lab: Lab, change: Change, options: Any) -> Any:
    """Return what changes one part: ``(source, out) -> manifest``, or ``None`` to leave it."""

    def part(source: Path, out: Path) -> Manifest | None:
        manifest = artefacts.read_manifest(source, verify=False)
        info = plugins.get("model", manifest.architecture)
        if change.info is None:
            if change.name not in info.export or manifest.format == change.name:
                return None
            lab.material.tick(Progress(change.name, 0, 1, "export"))
            return export(source, out, manifest.name, change.name)
        if manifest.architecture not in change.info.architectures:
            return None
        if manifest.format not in change.info.formats:
            wanted = next((f for f in change.info.formats if f in info.export), None)
            if wanted is None:
                return None
            between = out.with_name(f"{out.name}-{wanted}")
            export(source, between, manifest.name, wanted)
            source = between
        lab.material.tick(Progress(change.name, 0, 1, change.info.name))
        return shrink(source, out, manifest.name, change.info.name, options, lab.material)

    return part


def _milder(lab: Lab, change: Change, before: Made, target: Path, options: Any) -> Any:
    """Return milder options, found on the first part that the change applies to."""
    assert change.info is not None
    for part in parts_of(before.folder).values():
        manifest = artefacts.read_manifest(part, verify=False)
        if manifest.architecture not in change.info.architectures:
            continue
        source = part
        if manifest.format not in change.info.formats:
            wanted = change.info.formats[0]
            source = target / "milder" / wanted
            if not source.is_dir():
                export(part, source, manifest.name, wanted)
        return milder(source, target, change.info, options, lab.material)
    return None


def _kept(options: Any) -> str:
    kept = getattr(options, "keep", ())
    return f"{len(kept)} products in float ({', '.join(kept)})" if kept else "all in few bits"


def _score(lab: Lab, folder: Path) -> dict[str, Any]:
    """Score the held-out and the unlabelled rows; return the quality."""
    lab.material.tick(Progress("judge", 0, 1, f"{len(lab.rows.held)} held-out rows"))
    predictor = load(folder / ARTEFACT, threads=lab.threads)
    scores = predictor.score(lab.rows.held.inputs).log_probs
    np.save(folder / SCORES, scores)
    np.save(folder / FREE, predictor.score(lab.rows.free).log_probs)
    np.save(folder / COMPANY, np.stack(in_company(predictor, lab.rows.held.inputs)))
    if not np.isfinite(scores).all():
        return Metric(value=0.0, n=len(lab.rows.held)).model_dump(mode="json")
    judged = lab.rows.task.judge(scores, lab.rows.held, lab.manifest.labels)
    return judged.quality.model_dump(mode="json")


def _tested(lab: Lab, reference: Path, candidate: Path) -> tuple[dict[str, Any], GateResult]:
    """Score and judge a form; one that cannot be run is refused, whatever the runtime raises."""
    try:
        return _score(lab, candidate), _judge(lab, reference, candidate)
    except Exception as e:
        why = f"It cannot be run: {type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}."
        refused = GateResult(
            verdict="refused",
            reason=why,
            reference=artefacts.hash_of(lab.manifest),
            max_drop=lab.bounds.max_drop / 100,
        )
        return Metric(value=0.0, n=len(lab.rows.held)).model_dump(mode="json"), refused


def _judge(lab: Lab, reference: Path, candidate: Path) -> GateResult:
    pairs = [(np.load(reference / name), np.load(candidate / name)) for name in (SCORES, FREE)]
    company = np.load(candidate / COMPANY)
    task, labels = lab.rows.task, lab.manifest.labels
    made = artefacts.read_manifest(candidate / ARTEFACT, verify=False)
    result = gate(
        pairs[0],
        pairs[1],
        judge=lambda x: task.judge(x, lab.rows.held, labels),
        answers=lambda x: task.answers(x, lab.rows.free, labels),
        max_drop=lab.bounds.max_drop / 100,
        min_agreement=lab.bounds.min_agreement,
        company=(company[0], company[1]),
        labels_reference=labels,
        labels_candidate=made.labels,
        reference_hash=artefacts.hash_of(lab.manifest),
    )
    if result.verdict == "needs-rows":
        gap = max(float(np.abs(np.exp(a) - np.exp(b)).max(initial=0.0)) for a, b in pairs)
        if gap < EXPORT_TOLERANCE:
            why = f"Computes the same: probabilities differ by at most {gap:.1e}."
            return result.model_copy(update={"verdict": "passed", "reason": why})
    return result


def measured(lab: Lab, made: Made, better: Any) -> Measurement:
    """Measure a form on each runtime that can run it, in turns with the reference; keep the best.

    The reference comes first: every other form's figures are ratios to it, taken side by side.
    """
    manifest = made.manifest
    able: list[str | None] = list(backends_for(manifest)) if not manifest.children else [None]
    texts = list(lab.rows.held.inputs[:1000])
    things = [Thing(made.folder, backend) for backend in able]
    beside = lab.yardstick if made.steps else None
    material = {
        "variant": artefacts.hash_of(manifest),
        "texts": content_hash(texts)[:16],
        "processor": processor(),
        "threads": lab.threads,
        "backends": able,
        "beside": beside.known.model_dump(mode="json") if beside else "",
    }

    def work(_: Path) -> dict[str, Any]:
        lab.material.tick(Progress("measure", 0, 1, ", ".join(b or "all parts" for b in able)))
        found = together(things, texts, lab.threads, beside, may_fail=True)
        return {"found": [found[t].model_dump(mode="json") for t in things if t in found]}

    result = lab.workspace.step("measure", material, work).result
    best = min((Measurement.model_validate(m) for m in result["found"]), key=better)
    if beside is None:
        backend = None if manifest.children else best.backend
        lab.kept["reference"] = Yardstick(Thing(made.folder, backend), best)
    return best
