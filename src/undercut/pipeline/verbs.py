"""The verbs beside ``run``: each takes its spec and returns a record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field

from undercut.core.errors import fail
from undercut.core.specs_economics import FILE as SCENARIO
from undercut.core.specs_economics import ScenarioSpec
from undercut.core.specs_models import EvaluateSpec
from undercut.core.specs_results import PriceSpec, ReportSpec
from undercut.core.specs_training import TrainSpec
from undercut.core.types import Record
from undercut.measures.record import Evaluation
from undercut.pipeline.compressing.rows import labelled
from undercut.pipeline.facts import PriceFacts, RunFacts, RungFacts
from undercut.pipeline.gather import entered
from undercut.pipeline.ladder import climb
from undercut.pipeline.places import find_artefact
from undercut.pipeline.pricing import price_date, price_facts, rates_of
from undercut.pipeline.promote import promote
from undercut.pipeline.report.page import write_report
from undercut.pipeline.rival.measured import mark_measured
from undercut.pipeline.run import (
    FACTS,
    Listener,
    Silent,
    limits_of,
    prepare,
    read_facts,
    rung_line,
)
from undercut.pipeline.rungs import spent
from undercut.pipeline.spending import usd_of, with_cost
from undercut.pipeline.unseen import flattered
from undercut.pipeline.workspace import Workspace, open_workspace
from undercut.predict.predictor import load
from undercut.store.files import whole_folder, write_json


class Trained(Record):
    """The result of ``train``."""

    artefact: str
    quality: float = Field(description="on validation")
    quality_name: str = Field(description="what the figure is called, such as accuracy")
    macro_f1: float
    rungs: list[RungFacts]
    cpu_seconds: float
    cost_usd: float
    did_work: bool


def train(spec: TrainSpec, listener: Listener | None = None) -> Trained:
    """Fit one method or climb the ladder; keep every rung; put the choice under the run's name."""
    from undercut.core.specs import GateSpec
    from undercut.pipeline.gather import run_name

    listener = listener or Silent()
    rates, when = rates_of(spec), price_date(None)
    gating = GateSpec(compress=False)
    with open_workspace(spec.workspace, listener.announce) as workspace:
        tick = with_cost(listener.tick, rates, when)
        context, data, _, unknown = prepare(spec, spec, workspace, listener.say, tick)
        limits = limits_of(spec, spec.error_usd, spec.requests_per_month, spec.horizon_months)
        climbed = climb(
            context, gating, limits, rates, when, unknown, lambda r: listener.say(rung_line(r))
        )
        promoted = promote(context, climbed, gating, limits, rates, when)
        name = spec.name or run_name(data.name, spec)
        target = workspace.root / "models" / name
        import shutil

        with whole_folder(target) as temporary:
            shutil.copytree(promoted.final.folder, temporary, dirs_exist_ok=True)
        judged = context.judge(np.load(promoted.chosen.scores, allow_pickle=False))
        cpu = spent(context, workspace.steps)
        return Trained(
            artefact=str(target),
            quality=judged.quality.value,
            quality_name=context.task.quality_name,
            macro_f1=judged.macro_f1,
            rungs=climbed.decisions,
            cpu_seconds=float(cpu),
            cost_usd=usd_of(cpu, rates, when),
            did_work=any(not s.cached for s in workspace.steps),
        )


def evaluate(spec: EvaluateSpec, listener: Listener | None = None) -> Evaluation:
    """Score an artefact on labelled files.

    Raises:
        UndercutError: no artefact, unreadable rows, or labels it does not know.
    """
    folder = find_artefact(spec.workspace, spec.artefact)
    predictor = load(folder, spec.backend, spec.threads)
    columns = (spec.text_column, spec.label_column)
    rows = labelled(spec.data, predictor.manifest, predictor.task, *columns)
    if listener is not None and (said := flattered(rows, folder, predictor.manifest)):
        listener.say(f"note: {said}")
    scored = predictor.score(rows.inputs)
    evaluation: Evaluation = predictor.task.evaluate(
        scored.log_probs,
        rows,
        predictor.labels,
        split=", ".join(p.name for p in spec.data),
        truncated=scored.truncated,
    )
    return evaluation


def scenario_of(spec: PriceSpec) -> ScenarioSpec | None:
    """Return the scenario to be priced: the one named, or ``market.toml`` beside the user.

    ``None`` where there is none, or a run is named, which is priced by itself.
    """
    path = spec.scenario
    if path is None:
        if spec.run is not None or not SCENARIO.is_file():
            return None
        path = SCENARIO
    return ScenarioSpec(workspace=spec.workspace, scenario=path, rates=spec.rates, out=spec.out)


def price(spec: PriceSpec, listener: Listener | None = None) -> PriceFacts:
    """Price a finished run again from its measurements; nothing is trained."""
    facts = read_facts(spec.workspace, spec.run)
    promoted = next(v for v in facts.variants if v.promoted)
    if promoted.measured is None:
        raise fail("price-unmeasured", expected="a measured variant", found=promoted.name)
    rates, when = rates_of(spec), price_date(spec.price_date)
    training = usd_of(facts.cpu_seconds, rates, when)
    data = facts.data
    found = price_facts(
        spec,
        promoted.measured,
        facts.price.prompt,
        (facts.price.input_tokens, facts.price.output_tokens),
        training,
        data.rows_labelled,
        entered(Workspace(spec.workspace)),
    )
    found = mark_measured(found, facts.rivals_measured)
    updated = facts.model_copy(update={"price": found})
    folder = Path(facts.report).parent
    if folder.is_dir():
        write_json(folder / FACTS, updated.model_dump(mode="json"))
        write_report(updated, folder, say=(listener or Silent()).say)
    return found


def report(spec: ReportSpec, listener: Listener | None = None) -> RunFacts:
    """Write a finished run's report again from its facts."""
    facts = read_facts(spec.workspace, spec.run)
    write_report(facts, Path(facts.report).parent, say=(listener or Silent()).say)
    return facts
