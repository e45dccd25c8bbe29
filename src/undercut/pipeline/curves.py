"""The verb ``learning-curve``: methods on growing parts of the rows, kept in the workspace."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field, ValidationError

from undercut.core import plugins
from undercut.core.errors import did_you_mean, fail
from undercut.core.specs_economics import LearningCurveSpec
from undercut.core.types import Record
from undercut.economics import money
from undercut.economics.data_value import EXTRAPOLATION
from undercut.pipeline.facts import CurveFacts
from undercut.pipeline.gather import run_name
from undercut.pipeline.learning_curve import learning_curve as measure
from undercut.pipeline.pricing import price_date, rates_of
from undercut.pipeline.run import Listener, Silent, prepare
from undercut.pipeline.spending import usd_of, with_cost
from undercut.pipeline.workspace import open_workspace
from undercut.store.files import write_json

FOLDER = "curves"


class Curves(Record):
    """The result of ``learning-curve``."""

    name: str
    rows: int = Field(description="training rows there are")
    quality_name: str
    curves: list[CurveFacts] = Field(description="one a method")
    usd_per_label: float | None
    cpu_seconds: float
    cost_usd: float
    verdict: str


def learning_curve(spec: LearningCurveSpec, listener: Listener | None = None) -> Curves:
    """Measure the curves, say what more labels would bring, and keep them for ``undercut price``.

    Raises:
        UndercutError: bad data, or a method that does not exist or does not do the task.
    """
    listener = listener or Silent()
    methods = list(dict.fromkeys(spec.methods)) or ["linear"]
    for method in methods:
        plugins.get("method", method)
    based = any(plugins.get("method", m).needs_base for m in methods)
    fit = spec.model_copy(update={"method": "auto" if based else methods[0], "coreset": None})
    rates, when = rates_of(spec), price_date(spec.price_date)
    with open_workspace(spec.workspace, listener.announce) as workspace:
        tick = with_cost(listener.tick, rates, when)
        context, data, _, _ = prepare(spec, fit, workspace, listener.say, tick)
        found = [measure(context, method, spec) for method in methods]
        seconds = sum(
            float(e.quantity)
            for step in workspace.steps
            for e in workspace.book.entries(step.subject)
            if e.unit == "cpu_second"
        )
        made = Curves(
            name=spec.name or run_name(data.name, spec),
            rows=len(data.train),
            quality_name=context.task.quality_name,
            curves=found,
            usd_per_label=spec.usd_per_label,
            cpu_seconds=seconds,
            cost_usd=usd_of(seconds, rates, when),
            verdict=verdict(found[0], spec.usd_per_label),
        )
        path = workspace.root / FOLDER / f"{made.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, made.model_dump(mode="json"))
    return made


def verdict(curve: CurveFacts, usd_per_label: float | None) -> str:
    """Say what more labels would bring, and when to stop buying them."""
    if curve.curve is None or curve.worth is None:
        return f"More labels: not known, no curve fits ({curve.note or 'too few sizes'})."
    worth, most = curve.worth, curve.points[-1].rows
    said = f"100 labels more are expected to remove {100 * worth.fall:.2f} points of error"
    if worth.fall_low is not None and worth.fall_high is not None:
        said += f" (95 %: {100 * worth.fall_low:.2f} to {100 * worth.fall_high:.2f})"
    said += f", worth {money.usd(worth.gain_usd)} over the horizon"
    if usd_per_label is None or curve.best is None:
        return f"{said}. What a label costs is not known: give --usd-per-label."
    said += f", and cost {money.usd(worth.cost_usd)}"
    best = curve.best.labels
    if best <= most:
        stop = f"Buy no more: past {money.count(best)} the next label costs more than it brings"
    elif curve.best.extrapolated:
        stop = (
            f"Buy more labels, then measure again: the best number is beyond {EXTRAPOLATION:g} "
            f"times the {money.count(most)} measured, where the curve says nothing"
        )
    else:
        stop = f"Buy up to about {money.count(best)} labels; you have {money.count(most)}"
    return f"{stop}. {said}."


def read_curves(workspace: Path, name: str) -> Curves:
    """Return the curves of a name.

    Raises:
        UndercutError: there are none of that name, or their file is damaged.
    """
    folder = workspace / FOLDER
    known = sorted(p.stem for p in folder.glob("*.json"))
    found = "none" if name not in known else "a damaged file"
    if name in known:
        try:
            text = (folder / f"{name}.json").read_text(encoding="utf-8")
            return Curves.model_validate(json.loads(text))
        except (ValidationError, ValueError):
            pass
    raise fail(
        "curve-missing", expected=f"a learning curve named '{name}'", found=found,
        where=str(folder),
        fix=f"{did_you_mean(name, known)} Make one: undercut learning-curve FILE",
    )  # fmt: skip
