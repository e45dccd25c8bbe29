"""Is the next rung worth its price? What it would cost, and what its expected gain is worth."""

from __future__ import annotations

from typing import Any

from undercut.core import plugins
from undercut.core.contracts import Estimate, Progress
from undercut.core.errors import UndercutError
from undercut.ledger.price import Rates
from undercut.pipeline.facts import RungFacts
from undercut.pipeline.fitting import Context
from undercut.pipeline.rung_order import expected_gain, stand_in
from undercut.pipeline.rungs import Climb, Limits, spent
from undercut.pipeline.spending import usd_of

UNKNOWN_TOKEN_LIMIT = 0.20
"""Share of tokens unknown to a base from which no rung that needs it is climbed."""


def weighed(
    context: Context,
    name: str,
    so_far: Climb,
    limits: Limits,
    rates: Rates,
    when: Any,
    unknown_share: float | None,
) -> RungFacts:
    """Return whether a rung is climbed, skipped or the climb stopped, and why; decided once.

    Args:
        context: the run.
        name: method of the rung.
        so_far: the rungs below.
        limits: when to stop.
        rates: prices.
        when: date of the prices.
        unknown_share: share of tokens unknown to the base, or ``None`` without a base.
    """
    info = plugins.get("method", name)
    if not so_far.rungs:
        return RungFacts(rung=name, status="climbed", reason="the first rung")
    if absent := plugins.missing(info, context.data.task):
        why = f'no {", ".join(absent)}: pip install "undercut[{info.extra}]" to climb further'
        return RungFacts(rung=name, status="skipped", reason=why)
    if info.needs_base and unknown_share is not None and unknown_share > UNKNOWN_TOKEN_LIMIT:
        why = (
            f"{unknown_share:.0%} of the tokens are unknown to '{context.spec.base}'; a base made "
            "for this language would do: --base FOLDER, such as a multilingual MiniLM or a "
            "Chinese BERT"
        )
        return RungFacts(rung=name, status="skipped", reason=why)
    last = so_far.rungs[-1]
    qualities = [context.judge(r.scores).quality.value for r in so_far.rungs]

    def work(_: Any) -> dict[str, Any]:
        return _weigh(context, name, so_far, qualities, limits, rates, when).model_dump(mode="json")

    material = context.material(name) | {
        "after": [r.fit.key for r in so_far.rungs],
        "stack": context.spec.stack,
        "limits": limits.__dict__,
        "last": last.build.key,
    }
    return RungFacts.model_validate(context.workspace.step(f"climb-{name}", material, work).result)


def _weigh(
    context: Context,
    name: str,
    so_far: Climb,
    qualities: list[float],
    limits: Limits,
    rates: Rates,
    when: Any,
) -> RungFacts:
    quality = qualities[-1]
    if limits.target_accuracy is not None and quality >= limits.target_accuracy:
        why = f"validation {context.task.quality_name} {quality:.1%} has reached the target"
        return RungFacts(rung=name, status="stopped", reason=why)
    if len(qualities) > 2 and qualities[-1] <= qualities[-2]:
        last = so_far.rungs[-1].name
        why = f"{last} brought nothing on validation, so more of the same would not either"
        return RungFacts(rung=name, status="stopped", reason=why)
    context.tick(Progress(name, 0, 1, "estimating its cost"))
    try:
        estimate = estimated(context, name)
    except UndercutError as e:
        if e.code != "training-memory":
            raise
        instead = stand_in(name, context.data.task)
        return RungFacts(rung=name, status="skipped", reason=str(e), instead=instead)
    usd = usd_of(estimate.cpu_seconds, rates, when)
    gain = expected_gain(name, context.data.task, so_far.rungs[-1].name) * (1 - quality)
    worth = limits.worth_usd(gain)
    done = list({s.subject: s for r in so_far.rungs for s in r.steps}.values())
    paid = usd_of(spent(context, done), rates, when)
    minutes = float(spent(context, done, "wall_second")) / 60
    minutes_next = estimate.cpu_seconds / context.threads / 60
    status, reason = "climbed", f"expected gain worth {worth:.4g} USD for {usd:.4g} USD"
    if limits.budget_usd is not None and paid + usd > limits.budget_usd:
        status, reason = (
            "stopped",
            (
                f"it would cost about {usd:.4f} USD on top of {paid:.4f}, over the budget of "
                f"{limits.budget_usd:g}"
            ),
        )
    elif limits.max_minutes is not None and minutes + minutes_next > limits.max_minutes:
        status, reason = (
            "stopped",
            (
                f"it would take about {minutes_next:.1f} minutes on top of {minutes:.1f}, over the "
                f"limit of {limits.max_minutes:g}"
            ),
        )
    elif worth <= usd:
        status, reason = (
            "stopped",
            (
                f"the expected gain is worth {worth:.4g} USD over {limits.horizon_months:g} "
                f"months, less than the {usd:.4g} USD it would cost"
            ),
        )
    return RungFacts(
        rung=name,
        status=status,
        reason=reason,
        estimated_cpu_seconds=estimate.cpu_seconds,
        estimated_usd=usd,
        expected_gain=gain,
        gain_worth_usd=worth,
    )


def estimated(context: Context, name: str) -> Estimate:
    """Return what a method says its fit would cost, from a few timed batches."""
    job = context.job(name, context.workspace.root / "cache", context.data.train, None)
    job.valid = context.data.valid
    return plugins.attr(plugins.way(name, context.data.task).estimate)(job)
