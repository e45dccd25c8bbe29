"""Bring what the steps found together in one document."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

import undercut
from undercut.core.contracts import Task
from undercut.core.processor import processor
from undercut.core.specs_training import RunSpec
from undercut.core.types import Dataset
from undercut.economics.records import CurveValue
from undercut.evaluation.value import label_advice
from undercut.ledger.price import Rates, total
from undercut.pipeline.facts import (
    CurveFacts,
    DataFacts,
    PriceFacts,
    RunFacts,
    StepCost,
    TrainingCurve,
    VariantFacts,
)
from undercut.pipeline.fitting import Context
from undercut.pipeline.pricing import UTILISATION, price_date
from undercut.pipeline.promote import Promoted
from undercut.pipeline.report.format import money
from undercut.pipeline.rungs import Climb, spent, usd_per_1k
from undercut.pipeline.spending import usd_of
from undercut.pipeline.tuning.record import Found
from undercut.pipeline.workspace import Step, Workspace
from undercut.store.files import content_hash

MODEL = "model"


def entered(workspace: Workspace) -> list[tuple[str, Decimal]]:
    """Return what was entered in the ledger by hand: hours, labels."""
    return [(e.unit, e.quantity) for e in workspace.book.entries("entered:")]


def class_counts(data: Dataset, task: Task) -> dict[str, int]:
    """Return how often each class occurs in the training rows, validation rows included."""
    counts = dict.fromkeys(task.class_names(data.labels), 0)
    for target in (*data.train.targets, *data.valid.targets):
        for name in task.classes(target):
            counts[name] += 1
    return counts


def step_costs(workspace: Workspace, steps: list[Step], rates: Rates) -> list[StepCost]:
    """Return what each step took, over all its attempts."""
    return [_cost(workspace, s.name, [s.subject], s.cached, rates) for s in steps]


def search_cost(workspace: Workspace, found: Found, rates: Rates) -> StepCost:
    """Return what a search took besides the steps that the run shows one by one."""
    shown = {s.subject for s in workspace.steps}
    rest = [s for s in found.subjects if s not in shown]
    name = f"search of {len(found.facts.trials)} trials"
    return _cost(workspace, name, rest, not found.did_work, rates)


def _cost(
    workspace: Workspace, name: str, subjects: list[str], cached: bool, rates: Rates
) -> StepCost:
    rows = [e for subject in subjects for e in workspace.book.entries(subject)]
    sums = {
        unit: float(sum((e.quantity for e in rows if e.unit == unit), Decimal(0)))
        for unit in ("cpu_second", "wall_second")
    }
    return StepCost(
        step=name,
        cpu_seconds=sums["cpu_second"],
        wall_seconds=sums["wall_second"],
        usd=float(total((e.line for e in rows), rates)),
        attempts=len({(e.subject, e.attempt) for e in rows}),
        cached=cached,
    )


def gather(
    spec: RunSpec,
    context: Context,
    data: Dataset,
    warnings: list[str],
    unknown: float | None,
    climbed: Climb,
    promoted: Promoted,
    valid: Any,
    test: Any,
    curve: CurveFacts | None,
    price: PriceFacts,
    costs: list[StepCost],
    rates: Rates,
    found: Found | None = None,
) -> RunFacts:
    """Bring everything together in one document."""
    workspace = context.workspace
    when = price_date(spec.price_date)
    name = spec.name or run_name(data.name, spec)
    folder = spec.workspace / "runs" / name
    run_id = content_hash([data.hash, promoted.final.hash])[:12]
    counts = class_counts(data, context.task)
    return RunFacts(
        id=run_id,
        name=name,
        task=data.task,
        quality_name=context.task.quality_name,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        undercut=undercut.__version__,
        processor=processor(),
        data=DataFacts(
            name=data.name,
            hash=data.hash,
            rows_train=len(data.train),
            rows_valid=len(data.valid),
            rows_test=len(data.test or ()),
            labels=list(data.labels),
            class_counts=counts,
            warnings=warnings,
            unknown_token_share=unknown,
            licence=data.licence,
            coreset=context.coreset.facts if context.coreset else None,
        ),
        rungs=climbed.decisions,
        variants=variant_facts(context, climbed, promoted, rates, when),
        promoted=promoted.final.name,
        valid=valid,
        test=test,
        costs=costs,
        cost_usd=sum(c.usd or 0.0 for c in costs),
        cpu_seconds=sum(c.cpu_seconds for c in costs),
        price=price,
        curve=curve,
        training=training_curves(climbed),
        search=found.facts if found else None,
        next_quality=advice(valid, counts, climbed, curve),
        artefact=str(folder / MODEL),
        report=str(folder / "report.html"),
        next_command=f"undercut serve {folder / MODEL}",
        did_work=any(not s.cached for s in workspace.steps) or bool(found and found.did_work),
    )


def training_curves(climbed: Climb) -> list[TrainingCurve]:
    """Return how training went, epoch by epoch, of the rungs that were trained in epochs."""
    return [
        TrainingCurve(rung=r.name, epochs=r.fit.result["curve"])
        for r in climbed.rungs
        if any("epoch" in point for point in r.fit.result["curve"])
    ]


def run_name(data: str, spec: Any) -> str:
    """Return a run's name: the data's, with the method and the rows when these were named."""
    name = data if spec.method == "auto" else f"{data}-{spec.method}"
    return name if spec.coreset is None else f"{name}-coreset-{spec.coreset}"


def variant_facts(
    context: Context, climbed: Climb, promoted: Promoted, rates: Rates, when: Any
) -> list[VariantFacts]:
    """Return the points of the accuracy-against-USD chart."""
    found = []
    for rung in climbed.rungs:
        cpu = float(spent(context, rung.steps))
        for built, measured in rung.variants:
            judged = context.judge(np.load(built.scores, allow_pickle=False))
            chosen = built.hash == promoted.chosen.hash
            shown = promoted.final if chosen else built
            cost = usd_per_1k(measured, rates, when) if measured else 0.0
            note = rung.note if built.folder.name == "reference" else ""
            if chosen and promoted.refitted:
                note = f"{note}; refitted on train + validation".lstrip("; ")
            found.append(
                VariantFacts(
                    name=built.name,
                    rung=rung.name,
                    folder=str(shown.folder),
                    hash=shown.hash,
                    backend=measured.backend if measured else "",
                    compression=built.manifest.compression,
                    valid_quality=judged.quality,
                    valid_macro_f1=judged.macro_f1,
                    fit_cpu_seconds=cpu,
                    fit_usd=usd_of(cpu, rates, when),
                    usd_per_1k=cost,
                    usd_per_1k_at_30=cost / UTILISATION,
                    measured=promoted.measured if chosen else measured,
                    gate=built.manifest.gate,
                    versus_previous=rung.versus_previous,
                    promoted=chosen,
                    footprint=rung.footprint,
                    note=note,
                    chosen_folder=str(built.folder) if shown.hash != built.hash else "",
                )
            )
    return found


def advice(
    valid: Any, counts: dict[str, int], climbed: Climb, curve: CurveFacts | None
) -> list[str]:
    """Return what would most likely raise quality next."""
    lines = []
    # A rung that is left out because the last one brought nothing is no advice.
    stopped = [
        r
        for r in climbed.decisions
        if r.status == "skipped" or (r.status == "stopped" and r.expected_gain)
    ]
    if stopped:
        lines.append(f"A higher rung: {stopped[0].rung} ({stopped[0].reason}).")
    if curve is not None and curve.worth is not None:
        lines.append(more_labels(curve, curve.worth))
    return [*lines, *label_advice(valid, counts)][:5]


def more_labels(curve: CurveFacts, worth: CurveValue) -> str:
    """Return what 100 more labels are expected to bring, in a sentence."""
    said = f"100 more labels: about {100 * worth.fall:+.1f} points"
    if worth.fall_low is not None and worth.fall_high is not None:
        said += f" (95 %: {100 * worth.fall_low:.1f} to {100 * worth.fall_high:.1f})"
    said += f", read off {curve.method} on growing parts of the rows"
    if worth.cost_usd > 0:
        said += f"; worth {money(worth.gain_usd)} over the horizon, for {money(worth.cost_usd)}"
    return said + "."
