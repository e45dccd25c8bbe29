"""The verb ``tune``: search within a budget, then make the best an ordinary run."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

from undercut.core import plugins
from undercut.core.errors import MissingExtra, Problem, UndercutError
from undercut.core.specs_training import TuneSpec
from undercut.data.task_files import task_for
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.fitting import Context
from undercut.pipeline.pricing import price_date, rates_of
from undercut.pipeline.run import Listener, Silent, complete, prepare
from undercut.pipeline.rung_order import ladder_methods
from undercut.pipeline.spending import with_cost
from undercut.pipeline.tuning.trial import check_methods
from undercut.pipeline.weighing import UNKNOWN_TOKEN_LIMIT
from undercut.pipeline.workspace import open_workspace


def tune(spec: TuneSpec, listener: Listener | None = None) -> RunFacts:
    """Search methods and options within a budget; return the best as an ordinary run.

    The same spec goes on where it stopped; a larger budget goes on from there.

    Raises:
        UndercutError: bad data or options, or a budget too small for one trial.
        MissingExtra: a package of the search or of a method is not installed.
    """
    listener = listener or Silent()
    check(spec)
    from undercut.pipeline.tuning.search import Search

    rates, when = rates_of(spec), price_date(spec.price_date)
    named = spec.methods or ([] if spec.method == "auto" else [spec.method])
    check_methods(named, task_for(spec.task, spec.train)[0])
    light = named and not any(plugins.get("method", m).needs_base for m in named)
    fit = spec.model_copy(update={"method": named[0] if light else "auto"})
    with open_workspace(spec.workspace, listener.announce) as workspace:
        tick = with_cost(listener.tick, rates, when)
        context, data, warnings, unknown = prepare(spec, fit, workspace, listener.say, tick)
        methods = order(context, named, unknown)
        before = list(workspace.steps)
        found = Search(context, spec, methods, rates, when, listener.say).run()
        workspace.steps[:] = before
        best = found.facts.trial(found.facts.best)
        chosen = spec.model_copy(
            update={
                "method": best.method,
                "options": {**spec.options, **found.facts.options},
                "name": spec.name or f"{data.name}-tuned",
            }
        )
        context = replace(context, spec=chosen)
        return complete(chosen, context, data, warnings, unknown, rates, when, listener, found)


def check(spec: TuneSpec) -> None:
    """Check what a spec's own fields cannot.

    Raises:
        UndercutError: no budget, or two ways to name methods.
        MissingExtra: Optuna is not installed.
    """
    problems = []
    if spec.budget_usd is None and spec.max_minutes is None and spec.trials is None:
        expected = "a budget: --budget-usd, --max-minutes or --trials"
        problems.append(Problem(expected, "none of them", fix="Such as --budget-usd 0.20."))
    if spec.methods and spec.method != "auto":
        problems.append(
            Problem("--method or --methods", "both", fix="Name all methods with --methods.")
        )
    if twice := sorted({m for m in spec.methods if spec.methods.count(m) > 1}):
        problems.append(Problem("every method once", f"{', '.join(twice)} twice", "--methods"))
    if problems:
        raise UndercutError("tune-spec", problems)
    if importlib.util.find_spec("optuna") is None:
        raise MissingExtra(
            "extra-missing",
            Problem(
                "the package that searches to be installed",
                "no optuna",
                fix='Run: pip install "undercut[tune]"',
            ),
        )


def order(context: Context, named: list[str], unknown_share: float | None) -> list[str]:
    """Return the methods to search, cheapest first.

    Those named; else those of the ladder that are installed, without encoders whose tokenizer
    does not know the language.
    """
    ladder = ladder_methods(context.data.task)
    if named:
        return sorted(named, key=lambda m: (m not in ladder, ladder.index(m) if m in ladder else m))
    strange = unknown_share is not None and unknown_share > UNKNOWN_TOKEN_LIMIT
    infos = [plugins.get("method", m) for m in ladder]
    return [
        i.name
        for i in infos
        if not plugins.missing(i, context.data.task) and not (i.needs_base and strange)
    ]
