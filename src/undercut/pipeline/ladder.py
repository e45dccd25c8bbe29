"""The ladder: linear, probe, partial, full; climb while the expected gain is worth its price."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from undercut.core import plugins
from undercut.core.errors import Problem, UndercutError
from undercut.core.specs import GateSpec
from undercut.ledger.price import Rates
from undercut.measures.paired import paired_test
from undercut.pipeline.facts import RungFacts
from undercut.pipeline.fitting import ARTEFACT, SCORES, Context, fit_step, scores_of, stack_step
from undercut.pipeline.rung_order import ladder_methods
from undercut.pipeline.rungs import Climb, Limits, Rung, spent, usd_per_1k
from undercut.pipeline.spending import usd_of
from undercut.pipeline.variants import Parts, build_step, measure_step, servable, variants_of
from undercut.pipeline.weighing import weighed


def climb(
    context: Context,
    gating: GateSpec,
    limits: Limits,
    rates: Rates,
    when: Any,
    unknown_share: float | None,
    show: Callable[[RungFacts], None],
) -> Climb:
    """Climb, or fit the one method named.

    Args:
        context: the run.
        gating: bounds for compressed variants.
        limits: when to stop.
        rates: prices, for decisions and display; not part of any step's key but recorded in it.
        when: date of the prices.
        unknown_share: share of tokens unknown to the base, or ``None`` without a base.
        show: called with each decision as it falls.
    """
    result = Climb([], [])
    method = context.spec.method
    order = ladder_methods(context.data.task, context.spec.share_base)
    if method != "auto":
        info = plugins.get("method", method)
        plugins.require(info, context.data.task)
        order = ["linear", method] if info.stack and context.spec.stack else [method]

    def decide(facts: RungFacts) -> None:
        result.decisions.append(facts)
        show(facts)

    while order:
        name = order.pop(0)
        info = plugins.get("method", name)
        facts = RungFacts(rung=name, status="climbed", reason="the first rung")
        if method == "auto":
            facts = weighed(context, name, result, limits, rates, when, unknown_share)
        elif name == method:
            facts = RungFacts(rung=name, status="climbed", reason="asked for by name")
        else:
            facts = RungFacts(rung=name, status="climbed", reason=f"to stack with {method}")
        if facts.status == "climbed":
            rung = _fit(context, name, gating, result.rungs)
            result.rungs.append(rung)
            best, m = rung.best()
            cpu = spent(context, rung.steps)
            facts = facts.model_copy(
                update={
                    "cpu_seconds": float(cpu),
                    "usd": usd_of(cpu, rates, when),
                    "valid_quality": context.judge(np.load(best.scores)).quality.value,
                    "usd_per_1k": usd_per_1k(m, rates, when),
                    "footprint": rung.footprint,
                    "compute": rung.fit.result.get("compute", {}),
                }
            )
        decide(facts)
        if facts.status == "stopped":
            break
        if facts.status == "skipped" and facts.instead:
            order.insert(0, facts.instead)
    return result


def _fit(context: Context, name: str, gating: GateSpec, before: list[Rung]) -> Rung:
    info = plugins.get("method", name)
    fitted = fit_step(context, name)
    steps = [fitted]
    scores = scores_of(fitted)
    parts = Parts(name, fitted.folder / ARTEFACT, scores=fitted.folder / SCORES)
    note = ""
    linear = next((r for r in before if r.name == "linear"), None)
    if info.stack and context.spec.stack and linear is not None:
        stack = stack_step(context, fitted, linear.fit)
        steps += [linear.fit, stack]
        note = stack.result["reason"]
        if stack.result["pays"]:
            scores = scores_of(stack)
            folder = linear.fit.folder / ARTEFACT
            parts = Parts(name, parts.model, folder, stack.result["config"], stack.folder / SCORES)
    build = build_step(context, parts, gating, None)
    rung = Rung(name, fitted, parts, scores, build, steps, note=note)
    able = servable(variants_of(build))
    measured = measure_step(context, able, before[0].measured if before else None)
    rung.variants = [(built, measured.get(built.hash)) for built in variants_of(build)]
    if before:
        rung.versus_previous = paired_test(
            context.judge(before[-1].scores).right, context.judge(scores).right
        )
    if not any(m for _, m in rung.variants):
        raise UndercutError(
            "ladder-unservable", Problem("a variant that may be served", "none", name)
        )
    return rung
