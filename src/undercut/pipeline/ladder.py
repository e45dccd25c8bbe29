"""The ladder: linear, probe, partial, full; climb while the expected gain is worth its price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from undercut.core import plugins
from undercut.core.contracts import Estimate, Progress
from undercut.core.errors import Problem, UndercutError
from undercut.core.specs import GateSpec
from undercut.core.types import Measurement
from undercut.ledger.price import Rates, total
from undercut.measures.paired import paired_test
from undercut.measures.record import PairedTest
from undercut.pipeline.facts import Footprint, RungFacts
from undercut.pipeline.fitting import (
    ARTEFACT,
    SCORES,
    Context,
    fit_step,
    scores_of,
    stack_step,
)
from undercut.pipeline.spending import usd_of
from undercut.pipeline.variants import (
    Built,
    Measured,
    Parts,
    build_step,
    measure_step,
    servable,
    variants_of,
)
from undercut.pipeline.workspace import Step

ASSUMED_REQUESTS_PER_MONTH = 100_000
UNKNOWN_TOKEN_LIMIT = 0.20


@dataclass(frozen=True)
class Limits:
    """What bounds the climb. Money in USD."""

    target_accuracy: float | None
    budget_usd: float | None
    max_minutes: float | None
    error_usd: float
    requests_per_month: float | None
    horizon_months: float

    def worth_usd(self, gain: float) -> float:
        """Return what a gain in accuracy (a share) is worth over the horizon."""
        volume = self.requests_per_month or ASSUMED_REQUESTS_PER_MONTH
        return gain * volume * self.horizon_months * self.error_usd


@dataclass
class Rung:
    """A climbed rung: its model, its variants with their measurements."""

    name: str
    fit: Step
    parts: Parts
    scores: np.ndarray
    build: Step
    steps: list[Step]
    variants: list[tuple[Built, Measurement | None]] = field(default_factory=list)
    versus_previous: PairedTest | None = None
    note: str = ""

    @property
    def footprint(self) -> Footprint | None:
        """What the fit trained, took and left; ``None`` if it was fitted before that was kept."""
        found = self.fit.result
        if not Footprint.model_fields.keys() <= found.keys():
            return None
        return Footprint(**{name: found[name] for name in Footprint.model_fields})

    @property
    def measured(self) -> Measured:
        """Its best variant, beside which the rungs above are measured."""
        return Measured(*self.best())

    def best(self) -> tuple[Built, Measurement]:
        """Return the servable variant with the most texts a second."""
        able = {b.hash for b in servable([b for b, _ in self.variants])}
        measured = [(b, m) for b, m in self.variants if m is not None and b.hash in able]
        return max(measured, key=lambda pair: pair[1].texts_per_second / pair[1].threads)


@dataclass
class Climb:
    """The rungs climbed and every decision taken."""

    rungs: list[Rung]
    decisions: list[RungFacts]


def usd_per_1k(m: Measurement, rates: Rates, when: Any) -> float:
    """Return USD per 1,000 requests with the cores it uses fully used."""
    seconds = Decimal(str(1000 * m.threads / m.texts_per_second))
    return float(total([("cpu_second", seconds, when)], rates))


def spent(context: Context, steps: list[Step], unit: str = "cpu_second") -> Decimal:
    """Return the quantity that steps took over all their attempts, killed ones included."""
    book = context.workspace.book
    return sum(
        (e.quantity for s in steps for e in book.entries(s.subject) if e.unit == unit),
        Decimal(0),
    )


def ladder_methods(task: str, share_base: bool = False) -> list[str]:
    """Return the ladder's methods for a task, lowest rung first.

    Args:
        task: registered task.
        share_base: leave out methods whose models carry a base of their own; where one of them
            has a method that goes in its place, that one is climbed.
    """
    infos = [plugins.get("method", name) for name in plugins.names("method")]
    able = [i for i in infos if i.rung is not None and task in i.ways]
    order = [i.name for i in sorted(able, key=lambda i: i.rung)]
    if not share_base:
        return order
    kept = [n if not plugins.get("method", n).needs_base else stand_in(n, task) for n in order]
    return [n for n in kept if n]


def expected_gain(name: str, task: str, last: str) -> float:
    """Return the share of the remaining errors that a rung is expected to remove.

    The first rung that reads with a pretrained model is expected to bring what the best of them
    brings over the linear one, whichever it is.
    """
    gain = float(plugins.way(name, task).gain)
    if last != "linear":
        return gain
    above = [n for n in ladder_methods(task) if plugins.get("method", n).needs_base]
    return max([gain, *(float(plugins.way(n, task).gain) for n in above)])


def stand_in(name: str, task: str) -> str:
    """Return the method that is climbed where ``name`` cannot be; empty when there is none."""
    infos = [plugins.get("method", n) for n in plugins.names("method")]
    return next((i.name for i in infos if i.instead_of == name and task in i.ways), "")


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
            facts = _decide(context, name, result, limits, rates, when, unknown_share)
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


def _decide(
    context: Context,
    name: str,
    so_far: Climb,
    limits: Limits,
    rates: Rates,
    when: Any,
    unknown_share: float | None,
) -> RungFacts:
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
