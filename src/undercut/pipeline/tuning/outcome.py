"""What came of a search, from its journal and the ledger."""

from __future__ import annotations

from typing import Any

import numpy as np

from undercut.core.errors import fail
from undercut.core.specs_training import TuneSpec
from undercut.measures.paired import paired_test
from undercut.measures.record import PairedTest
from undercut.pipeline.fitting import Context, fit_step, scores_of
from undercut.pipeline.tuning.budget import Budget
from undercut.pipeline.tuning.importance import importances
from undercut.pipeline.tuning.record import COMPLETE, SearchFacts, TrialFacts
from undercut.pipeline.tuning.study import quiet, state_of
from undercut.pipeline.tuning.trial import with_options


def outcome(
    study: Any, context: Context, spec: TuneSpec, methods: list[str], budget: Budget, why: str
) -> SearchFacts:
    """Return the facts of a search that has ended.

    Args:
        study: the search.
        context: the run it was made in.
        spec: its budget.
        methods: what was chosen among.
        budget: what was spent.
        why: it ended.

    Raises:
        UndercutError: no trial was completed.
    """
    done = [t for t in study.get_trials(deepcopy=False) if state_of(t) == COMPLETE]
    if not done:
        raise fail(
            "tune-none",
            expected="a budget that one trial fits in",
            found=why,
            fix="Give more with --budget-usd or --max-minutes, or cheaper --methods.",
        )
    best = best_of(done, budget)
    defaults = [t for t in done if "default" in t.user_attrs]
    default = best_of(defaults, budget) if defaults else best
    table = dict(spec.options)
    for method in {best.user_attrs["method"], "linear"}:
        if mine := [t for t in done if t.user_attrs["method"] == method]:
            table[method] = best_of(mine, budget).user_attrs["options"]
    with quiet():
        shares = importances(study, methods)
    cpu = budget.spent()
    return SearchFacts(
        methods=methods,
        sampler=f"TPE, seed {context.seed}" + ("; median pruning" if spec.prune else ""),
        trials=trials_of(study, budget),
        best=best.number,
        default=default.number,
        versus_default=_versus(context, default, best),
        options={m: o for m, o in table.items() if o},
        importances=shares,
        stopped=why,
        usd=budget.price(cpu),
        cpu_seconds=cpu,
        wall_seconds=budget.spent("wall_second"),
        budget_usd=spec.budget_usd,
        max_minutes=spec.max_minutes,
        max_trials=spec.trials,
        journal="",
    )


def cost_of(trial: Any, budget: Budget) -> float:
    """Return the CPU-seconds of a trial's fit, whoever paid for it."""
    rows = budget.book.entries(trial.user_attrs["subjects"][0])
    return float(sum(e.quantity for e in rows if e.unit == "cpu_second"))


def best_of(trials: list[Any], budget: Budget) -> Any:
    """Return the trial of the highest quality; of equals the cheapest to fit, then the first."""
    return max(trials, key=lambda t: (t.value, -cost_of(t, budget), -t.number))


def _versus(context: Context, default: Any, best: Any) -> PairedTest | None:
    """Test the best trial against the best of the defaults on the validation rows."""
    if default.number == best.number:
        return None

    def right(trial: Any) -> np.ndarray:
        method, options = trial.user_attrs["method"], trial.user_attrs["options"]
        step = fit_step(with_options(context, method, options), method)
        return context.judge(scores_of(step)).right

    return paired_test(right(default), right(best))


def trials_of(study: Any, budget: Budget) -> list[TrialFacts]:
    """Return the trials in the order of their ends, with the running sum of what they cost."""
    over = [t for t in study.get_trials(deepcopy=False) if t.state.is_finished()]
    found: list[TrialFacts] = []
    counted: set[str] = set()
    usd = 0.0
    for trial in sorted(over, key=lambda t: (t.datetime_complete, t.number)):
        # What several trials share is paid for by the first that ends.
        new = [s for s in trial.user_attrs["subjects"] if s not in counted]
        counted |= set(new)
        cpu = sum(budget.of(s) for s in new)
        usd += budget.price(cpu)
        found.append(
            TrialFacts(
                number=trial.number,
                method=trial.user_attrs["method"],
                options=trial.user_attrs["options"],
                state=state_of(trial),
                reason=trial.user_attrs.get("reason", ""),
                quality=trial.value,
                cpu_seconds=cpu,
                usd=budget.price(cpu),
                usd_so_far=usd,
            )
        )
    return found
