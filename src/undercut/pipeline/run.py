"""The main job, in order: data, ladder, promotion, test, price, report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Protocol

from undercut.core import plugins
from undercut.core.contracts import Progress
from undercut.core.errors import fail
from undercut.core.limits import usable_cores
from undercut.core.specs import DataSpec, FitSpec, MarketSpec
from undercut.core.specs_training import RunSpec
from undercut.core.types import Dataset
from undercut.ledger.price import Rates
from undercut.pipeline.coreset.training import coreset_step, said
from undercut.pipeline.dataset import data_step
from undercut.pipeline.facts import PriceFacts, RunFacts, RungFacts
from undercut.pipeline.fitting import Context
from undercut.pipeline.gather import MODEL, entered, gather, search_cost, step_costs
from undercut.pipeline.ladder import climb
from undercut.pipeline.learning_curve import learning_curve
from undercut.pipeline.method_options import check_options, check_workers
from undercut.pipeline.pricing import price_date, price_facts, rates_of
from undercut.pipeline.promote import Promoted, promote, test_step, validation_report
from undercut.pipeline.report.format import money, unit_price
from undercut.pipeline.rival.measured import keep_measured
from undercut.pipeline.rival.prompt import build
from undercut.pipeline.rungs import Limits
from undercut.pipeline.spending import usd_of, with_cost
from undercut.pipeline.tuning.record import Found
from undercut.pipeline.workspace import Workspace, open_workspace
from undercut.store import artefacts
from undercut.store.files import content_hash, whole_folder, write_json

FACTS = "facts.json"


class Listener(Protocol):
    """Who is told about progress: the terminal, or nobody."""

    def announce(self, step: str) -> None:
        """A step starts real work."""

    def tick(self, progress: Progress) -> None:
        """Progress inside a step."""

    def say(self, line: str) -> None:
        """A line worth keeping on the screen."""


class Silent:
    """Tells nobody."""

    def announce(self, step: str) -> None:
        """Ignore."""

    def tick(self, progress: Progress) -> None:
        """Ignore."""

    def say(self, line: str) -> None:
        """Ignore."""


def run(spec: RunSpec, listener: Listener | None = None) -> RunFacts:
    """Do the main job and return everything it found out.

    Steps that were done before, with the same content and options, are not done again.

    Raises:
        UndercutError: bad data or options; nothing half-written is left.
    """
    listener = listener or Silent()
    rates, when = rates_of(spec), price_date(spec.price_date)
    with open_workspace(spec.workspace, listener.announce) as workspace:
        tick = with_cost(listener.tick, rates, when)
        context, data, warnings, unknown = prepare(spec, spec, workspace, listener.say, tick)
        return complete(spec, context, data, warnings, unknown, rates, when, listener)


def complete(
    spec: RunSpec,
    context: Context,
    data: Dataset,
    warnings: list[str],
    unknown: float | None,
    rates: Rates,
    when: date,
    listener: Listener,
    found: Found | None = None,
) -> RunFacts:
    """Do the job from the split data on: climb, promote, test, price, report.

    Args:
        spec: the run.
        context: its context.
        data: the data set.
        warnings: about the data.
        unknown: share of tokens unknown to the base, or ``None`` without a base.
        rates: prices.
        when: their date.
        listener: who is told.
        found: the search that chose the spec's method and options, if one did.
    """
    workspace = context.workspace
    limits = limits_of(spec, spec.error_usd, spec.requests_per_month, spec.horizon_months)
    climbed = climb(
        context, spec, limits, rates, when, unknown, lambda r: listener.say(rung_line(r))
    )
    promoted = promote(context, climbed, spec, limits, rates, when)
    test = test_step(context, promoted.final)
    valid = validation_report(context, promoted.chosen)
    curve = learning_curve(context, "linear", spec) if spec.learning_curve else None
    costs = step_costs(workspace, workspace.steps, rates)
    if found is not None:
        costs.insert(1, search_cost(workspace, found, rates))
    cpu = sum(c.cpu_seconds for c in costs)
    price = price_run(spec, context, promoted, usd_of(cpu, rates, when))
    facts = gather(
        spec,
        context,
        data,
        warnings,
        unknown,
        climbed,
        promoted,
        valid,
        test,
        curve,
        price,
        costs,
        rates,
        found,
    )
    facts = keep_measured(facts, Path(facts.report).with_name(FACTS))
    finish(workspace, facts, promoted, listener)
    return facts


def prepare(
    data_spec: DataSpec,
    fit: FitSpec,
    workspace: Workspace,
    say: Callable[[str], None],
    tick: Callable[[Progress], None],
) -> tuple[Context, Dataset, list[str], float | None]:
    """Read, check, split and choose rows; return the context of the run with what was found."""
    data, warnings = data_step(workspace, data_spec)
    check_options(fit.options, data.task)
    check_workers(fit.workers, fit.method)
    task = plugins.attr(plugins.get("task", data.task).load)()
    chosen = None
    if fit.coreset is not None:
        data, chosen = coreset_step(workspace, data, task, fit.coreset, data_spec.seed, tick)
        warnings = [*warnings, *said(chosen.facts)]
    for line in warnings:
        say(f"note: {line}")
    context = Context(
        workspace=workspace,
        data=data,
        task=task,
        spec=fit,
        seed=data_spec.seed,
        threads=fit.threads or usable_cores(),
        tick=tick,
        coreset=chosen,
    )
    wants_base = fit.method == "auto" or plugins.get("method", fit.method).needs_base
    unknown = None
    if wants_base and not plugins.missing(plugins.get("method", "probe")):
        from undercut.models.encoder.base import resolve, unknown_share

        base = resolve(fit.base)
        context.base_hash = base.sha256
        texts = [context.task.text(value) for value in data.train.inputs[:2000]]
        unknown = unknown_share(base.folder, texts)
    return context, data, warnings, unknown


def limits_of(
    spec: FitSpec, error_usd: float, requests_per_month: float | None, horizon_months: float
) -> Limits:
    """Return what bounds the climb."""
    return Limits(
        spec.target_accuracy,
        spec.budget_usd,
        spec.max_minutes,
        error_usd,
        requests_per_month,
        horizon_months,
    )


def rung_line(rung: RungFacts) -> str:
    """Return one line on a rung: quality, money, and what serving it would cost."""
    if rung.valid_quality is None or rung.usd is None or rung.usd_per_1k is None:
        return f"{rung.rung}: {rung.status}; {rung.reason}"
    return (
        f"{rung.rung}: {rung.valid_quality:.1%} on validation, {rung.cpu_seconds or 0:.1f} "
        f"CPU-seconds, {money(rung.usd)}; would serve at {unit_price(rung.usd_per_1k)}"
    )


def price_run(
    spec: MarketSpec, context: Context, promoted: Promoted, training_usd: float
) -> PriceFacts:
    """Price the promoted variant."""
    data = context.data
    labelled = context.coreset.whole if context.coreset else data
    task = context.task
    prompt = build(task, data.labels)
    sample = [task.text(value) for value in data.valid.inputs[:500]]
    rows = data.train.plus(data.valid)
    answers = [task.rival_answer(x, y) for x, y in zip(rows.inputs, rows.targets, strict=True)]
    size = prompt.size(sample, answers)
    return price_facts(
        spec,
        promoted.measured,
        prompt.shown(sample[0]),
        (size.input_tokens, size.output_tokens),
        training_usd,
        len(labelled.train) + len(labelled.valid) + len(labelled.test or ()),
        entered(context.workspace),
    )


def finish(workspace: Workspace, facts: RunFacts, promoted: Promoted, listener: Listener) -> None:
    """Put the promoted artefact, the facts and the report under the run's name."""
    from undercut.pipeline.report.page import write_report

    folder = Path(facts.report).parent
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / MODEL
    if not target.is_dir() or _hash(target) != promoted.final.hash:
        with whole_folder(target) as temporary:
            shutil.copytree(promoted.final.folder, temporary, dirs_exist_ok=True)
    evaluation = facts.test or facts.valid
    artefacts.amend(
        target,
        run=facts.id,
        data_licence=facts.data.licence,
        metrics={
            evaluation.quality_name.replace(" ", "_"): evaluation.quality,
            "macro_f1": evaluation.macro_f1,
        },
        measured=promoted.measured,
    )
    document = facts.model_dump(mode="json")
    volatile = {"created_at", "did_work", "costs"}
    key = content_hash({k: v for k, v in document.items() if k not in volatile})
    stamp = folder / "report.key"
    if not (stamp.is_file() and stamp.read_text() == key and Path(facts.report).is_file()):
        listener.announce("report")
        with workspace.book.measure(f"step:report:{key[:16]}"):
            write_json(folder / FACTS, document)
            write_report(facts, folder, say=listener.say)
            stamp.write_text(key)


def _hash(folder: Path) -> str:
    try:
        return artefacts.hash_of(artefacts.read_manifest(folder))
    except Exception:
        return ""


def read_facts(workspace: Path, name: str | None) -> RunFacts:
    """Read the facts of a finished run; the newest when no name is given.

    Raises:
        UndercutError: no such run.
    """
    # Looking for a run makes no workspace.
    runs = Workspace(workspace).runs() if Path(workspace).is_dir() else []
    chosen = [r for r in runs if name in (None, r.name)]
    if not chosen:
        raise fail(
            "run-missing",
            expected="a finished run",
            found=f"'{name}'" if name else "none",
            where=str(workspace),
            fix=f"Known: {', '.join(r.name for r in runs) or 'none'}. Start: undercut run FILE",
        )
    return RunFacts.model_validate(json.loads((chosen[0] / FACTS).read_text(encoding="utf-8")))
