"""Choose a variant, refit it on all labelled rows, and score the test rows once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.contracts import Judged
from undercut.core.specs import GateSpec
from undercut.core.types import Measurement
from undercut.ledger.price import Rates
from undercut.measures.paired import paired_test
from undercut.measures.record import Evaluation
from undercut.pipeline.fitting import ARTEFACT, Context, refit_step
from undercut.pipeline.rungs import Climb, Limits, Rung, usd_per_1k
from undercut.pipeline.variants import Built, Parts, build_step, measure_step, servable, variants_of
from undercut.pipeline.workspace import Step
from undercut.predict.predictor import load

UTILISATION = 0.3


@dataclass(frozen=True)
class Promoted:
    """What will be served.

    Attributes:
        rung: the rung it comes from.
        chosen: the variant chosen on validation, fitted without the validation rows.
        final: the same recipe on all rows, or ``chosen`` itself without a refit.
        reason: why it was chosen, in a sentence.
    """

    rung: Rung
    chosen: Built
    final: Built
    measured: Measurement
    steps: list[Step]
    reason: str
    refitted: bool


def _judged(context: Context, built: Built) -> Judged:
    """Set a variant's validation scores against the targets."""
    return context.judge(np.load(built.scores, allow_pickle=False))


def _counted_quality(form: Judged, reference: Judged) -> float:
    """Return the quality a form is chosen by: its reference's, unless it is surely worse.

    The gate has proved that a form drops by less than its bound. A row or two more or less than
    the reference is chance, and must not decide against the cheaper form.
    """
    surely_worse = paired_test(form.right, reference.right).better
    return (form if surely_worse else reference).quality.value


def _form(rung: Rung, built: Built) -> tuple[str, str]:
    """Return what decides the speed of a variant: the architecture and how it is written."""
    return rung.parts.architecture, built.folder.name


def _costs(rungs: list[Rung], rates: Rates, when: Any) -> dict[tuple[str, str], float]:
    """Return USD a request at 30 % use of each form: the median over the rungs that have it.

    Rungs of one architecture compute the same, so what was timed differently is the machine's
    noise. It must not choose between them: a run that is killed and timed again would choose anew.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for rung in rungs:
        for built, m in rung.variants:
            if m is not None:
                cost = usd_per_1k(m, rates, when) / 1000 / UTILISATION
                found.setdefault(_form(rung, built), []).append(cost)
    return {form: float(np.median(costs)) for form, costs in found.items()}


def choose(
    context: Context, climbed: Climb, limits: Limits, rates: Rates, when: Any
) -> tuple[Rung, Built, str]:
    """Return the variant with the least cost of serving plus cost of errors.

    The sum is ``c + L * (1 - quality)`` a request (economics: cascade rule), with ``c`` at 30 %
    use. A form that passed the gate counts as accurate as its reference unless McNemar's test
    says otherwise; of rungs that are level the lowest is taken. The choice is recorded once; prices
    that change later re-price it and do not unmake it.
    """
    wanted = context.spec.method
    rungs = [r for r in climbed.rungs if wanted in ("auto", r.name)]
    costs = _costs(rungs, rates, when)
    table = []
    for place, rung in enumerate(rungs):
        reference = _judged(context, rung.variants[0][0])
        for built, measured in rung.variants:
            if measured is None:
                continue
            cost = costs[_form(rung, built)]
            form = _judged(context, built)
            loss = cost + limits.error_usd * (1 - _counted_quality(form, reference))
            table.append((loss, cost, place, rung, built, form.quality.value))
    table.sort(key=lambda row: row[:3])

    def work(_: Path) -> dict[str, Any]:
        rung, built, quality = table[0][3:]
        reason = (
            f"least cost of serving and errors together: {quality:.1%} on validation, an error "
            f"counted at {limits.error_usd:g} USD"
        )
        if rung.versus_previous and not rung.versus_previous.better:
            reason += "; not significantly better than the rung below it"
        return {"hash": built.hash, "rung": rung.name, "reason": reason}

    material = {"variants": sorted(row[4].hash for row in table), "error_usd": limits.error_usd}
    step = context.workspace.step("choose", material, work)
    for _, _, _, rung, built, _ in table:
        if built.hash == step.result["hash"]:
            return rung, built, step.result["reason"]
    raise RuntimeError("the recorded choice is not among the variants")


def promote(
    context: Context, climbed: Climb, gating: GateSpec, limits: Limits, rates: Rates, when: Any
) -> Promoted:
    """Choose, and refit the choice on train + validation rows when the spec asks for it."""
    rung, chosen, reason = choose(context, climbed, limits, rates, when)
    kind = chosen.folder.name
    if not context.spec.refit:
        measured = next(m for b, m in rung.variants if b.hash == chosen.hash and m is not None)
        return Promoted(rung, chosen, chosen, measured, [], reason, False)
    model = refit_step(context, rung.name, rung.fit.result["choices"])
    steps = [model]
    parts = Parts(rung.name, model.folder / ARTEFACT)
    if rung.parts.stack:
        below = next(r for r in climbed.rungs if r.name == "linear")
        linear = refit_step(context, "linear", below.fit.result["choices"])
        steps.append(linear)
        parts = Parts(rung.name, parts.model, linear.folder / ARTEFACT, rung.parts.stack)
    build = build_step(context, parts, gating, rung.build)
    able = {b.folder.name: b for b in servable(variants_of(build))}
    final = able.get(kind) or able.get("onnx") or able["reference"]
    if final.folder.name != kind:
        reason += f"; its {kind} form did not pass the gate after the refit"
    beside = climbed.rungs[0].measured
    measured = measure_step(context, [final], beside)[final.hash]
    return Promoted(rung, chosen, final, measured, steps, reason, True)


def validation_report(context: Context, built: Built) -> Evaluation:
    """Evaluate the chosen variant on validation, from the scores kept by its build step."""
    evaluation: Evaluation = context.task.evaluate(
        np.load(built.scores, allow_pickle=False),
        context.data.valid,
        context.data.labels,
        split="validation",
    )
    return evaluation


def test_step(context: Context, final: Built) -> Evaluation | None:
    """Score the test rows with the promoted variant, once."""
    test = context.data.test
    if test is None or not len(test):
        return None

    def work(folder: Path) -> dict[str, Any]:
        scored = load(final.folder, threads=context.threads).score(test.inputs)
        np.save(folder / "test.npy", scored.log_probs)
        evaluation: Evaluation = context.task.evaluate(
            scored.log_probs,
            test,
            context.data.labels,
            split="test",
            truncated=scored.truncated,
        )
        return evaluation.model_dump(mode="json")

    material = {"variant": final.hash, "data": context.data.hash}
    return Evaluation.model_validate(context.workspace.step("test", material, work).result)
