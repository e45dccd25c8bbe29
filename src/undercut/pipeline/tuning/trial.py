"""One trial: fit a method with drawn options as an ordinary step, and end it when it is behind."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from undercut.core import plugins
from undercut.core.contracts import Progress
from undercut.core.errors import UndercutError
from undercut.pipeline.fitting import Context, fit_step, scores_of
from undercut.pipeline.spending import EVERY_SECONDS
from undercut.pipeline.tuning.budget import Budget
from undercut.pipeline.weighing import estimated
from undercut.pipeline.workspace import RESULT, step_key

QUARTERS = 4
"""Fits are compared at the same quarter of their schedules: epoch 1 of 2 with 2 of 4."""
FAR_BELOW = 10
"""A trial is started unestimated while so many of the dearest like it would fit."""
HOPELESS = "training-diverged"
"""Error code of a fit that fails because of its options alone."""


class Ended(Exception):
    """A fit is ended early; its trial has been told so, with the reason."""


def with_options(context: Context, method: str, options: dict[str, Any]) -> Context:
    """Return the context of a run with a method's options set."""
    table = {**context.spec.options, method: options}
    return replace(context, spec=context.spec.model_copy(update={"options": table}))


def subject_of(context: Context, method: str) -> str:
    """Return the ledger subject of the step that fits a method."""
    return f"step:fit-{method}:{step_key(f'fit-{method}', context.material(method))}"


def expected(
    context: Context, method: str, earlier: list[float], room: float, budget: Budget
) -> float:
    """Return the CPU-seconds a fit is expected to take.

    Nothing where it is there already; the dearest earlier fit of the method where many of those
    would fit in the budget; else what the method estimates from a few timed batches, a step of its
    own that the search pays for.

    Args:
        context: the run, with the options.
        method: what to fit.
        earlier: CPU-seconds of the method's earlier fits.
        room: CPU-seconds left.
        budget: counts the estimate.
    """
    _, name, key = subject_of(context, method).split(":")
    if (context.workspace.root / "steps" / f"{name}-{key}" / RESULT).is_file():
        return 0.0
    if room == float("inf") or (earlier and FAR_BELOW * max(earlier) < room):
        return max(earlier, default=0.0)
    name, material = f"estimate-{method}", context.material(method)
    budget.count(f"step:{name}:{step_key(name, material)}")
    step = context.workspace.step(
        name, material, lambda _: {"cpu_seconds": estimated(context, method).cpu_seconds}
    )
    return float(step.result["cpu_seconds"])


def fit_trial(study: Any, trial: Any, context: Context, method: str, room: float) -> bool:
    """Fit, and tell the study what came of it.

    Each outcome is in the journal before anything else happens, so that a killed search neither
    forgets nor repeats it.

    Args:
        study: the search.
        trial: its trial.
        context: the run, with the trial's options.
        method: what to fit.
        room: CPU-seconds after which the fit is ended, the budget being spent.

    Returns:
        Whether anything was fitted, and not there already.
    """
    try:
        step = fit_step(replace(context, tick=_watch(study, trial, context, room)), method)
        quality = context.judge(scores_of(step)).quality.value
        study.tell(trial, quality)
        return not step.cached
    except Ended:
        return True
    except UndercutError as e:
        if e.code != HOPELESS:
            raise
        problem = e.problems[0]
        _tell(study, trial, "FAIL", f"expected {problem.expected}; found {problem.found}")
        return True


def _tell(study: Any, trial: Any, state: str, reason: str) -> None:
    from optuna.trial import TrialState

    trial.set_user_attr("reason", reason)
    study.tell(trial, state=TrialState[state])


def leave_out(study: Any, trial: Any, reason: str) -> None:
    """Tell the study that a trial is not begun."""
    trial.set_user_attr("left_out", True)
    _tell(study, trial, "FAIL", reason)


def _watch(study: Any, trial: Any, context: Context, room: float) -> Any:
    """Return the progress callback of a trial: it reports epochs, and ends a fit that is behind."""
    from undercut.ledger.meter import tree_cpu_seconds

    seen = {int(step) for step in study.trials[trial.number].intermediate_values}
    begun, read = tree_cpu_seconds(), 0.0

    def tick(p: Progress) -> None:
        nonlocal read
        context.tick(replace(p, note=f"{p.note}  trial {trial.number}".strip()))
        if room < float("inf") and time.monotonic() - read > EVERY_SECONDS:
            read = time.monotonic()
            if tree_cpu_seconds() - begun > room:
                _tell(study, trial, "PRUNED", "the budget was spent before it ended")
                raise Ended
        if p.epoch is None or p.quality is None:
            return
        quarter = int(QUARTERS * p.done / max(p.total, 1))
        if not 0 < quarter < QUARTERS or quarter in seen:
            return
        seen.add(quarter)
        trial.report(p.quality, quarter)
        if trial.should_prune():
            _tell(
                study, trial, "PRUNED",
                f"{p.quality:.1%} after {p.epoch:g} epochs, behind the median of the others",
            )  # fmt: skip
            raise Ended

    return tick


def check_methods(methods: list[str], task: str) -> None:
    """Check that methods exist, do the task and are installed.

    Raises:
        UndercutError: every method that is not, at once.
        MissingExtra: packages of one are not installed.
    """
    problems = []
    for method in methods:
        try:
            plugins.way(method, task)
        except UndercutError as e:
            problems += e.problems
    if problems:
        raise UndercutError("tune-methods", problems)
    for method in methods:
        plugins.require(plugins.get("method", method), task)
