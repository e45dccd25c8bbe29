"""The search: draw, estimate, fit, until the budget is spent; then the facts of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from undercut.core.specs_training import TuneSpec
from undercut.ledger.price import Rates
from undercut.pipeline.fitting import Context
from undercut.pipeline.report.format import money, percent
from undercut.pipeline.tuning.budget import Budget
from undercut.pipeline.tuning.outcome import best_of, cost_of, outcome
from undercut.pipeline.tuning.record import COMPLETE, FAILED, PRUNED, Found, settings
from undercut.pipeline.tuning.space import draw
from undercut.pipeline.tuning.study import ask, open_study, state_of
from undercut.pipeline.tuning.trial import (
    expected,
    fit_trial,
    leave_out,
    subject_of,
    with_options,
)
from undercut.store.files import content_hash

MOST_IN_VAIN = 3
"""Trials in a row that are too dear to start, after which the search ends."""
MOST_REPEATED = 20
"""Trials in a row that were fitted before, after which there is nothing new to try."""


class Search:
    """A search under way.

    Args:
        context: the run; its options are those the user has set.
        spec: budget and seed.
        methods: what to choose among, cheapest first.
        rates: prices.
        when: their date.
        say: told one line a trial.
    """

    def __init__(
        self,
        context: Context,
        spec: TuneSpec,
        methods: list[str],
        rates: Rates,
        when: Any,
        say: Callable[[str], None],
    ) -> None:
        self.context, self.spec, self.methods, self.say = context, spec, methods, say
        workspace = context.workspace
        self.journal = workspace.root / "tuning" / f"{self._key()}.journal"
        self.study = open_study(self.journal, methods, spec.prune)
        if "since" not in self.study.user_attrs:
            self.study.set_user_attr("since", datetime.now(UTC).isoformat())
        self.budget = Budget(
            spec.budget_usd,
            spec.max_minutes,
            spec.trials,
            context.threads,
            rates,
            when,
            workspace.book,
            datetime.fromisoformat(self.study.user_attrs["since"]),
        )
        for trial in self._trials():
            for subject in trial.user_attrs.get("subjects", ()):
                self.budget.count(subject)

    def _key(self) -> str:
        """Return what makes a search the same: all but its budget."""
        context, spec = self.context, self.spec
        return content_hash(
            {
                "data": context.data.hash,
                "methods": self.methods,
                "options": spec.options,
                "seed": context.seed,
                "base": context.base_hash,
                "prune": spec.prune,
            }
        )[:16]

    def _trials(self) -> list[Any]:
        return list(self.study.get_trials(deepcopy=False))

    def run(self) -> Found:
        """Search until the budget is spent, and return what was found.

        Raises:
            UndercutError: the budget is too small for a single trial.
        """
        bounds = self.spec.model_dump(
            include={"budget_usd", "max_minutes", "trials", "target_accuracy"}
        )
        ended = self.study.user_attrs.get("ended", {})
        did_work = ended.get("bounds") != bounds
        if did_work:
            why = self._search()
            self.study.set_user_attr("ended", {"bounds": bounds, "why": why})
        why = self.study.user_attrs["ended"]["why"]
        facts = outcome(self.study, self.context, self.spec, self.methods, self.budget, why)
        facts = facts.model_copy(update={"journal": str(self.journal)})
        return Found(facts, list(self.budget.subjects), did_work)

    def _search(self) -> str:
        in_vain = repeated = 0
        while True:
            if why := self._enough():
                return why
            room = self.budget.room(reserve := self._reserve())
            if room <= 0:
                return "the budget is spent" + (", the refit counted" if reserve else "")
            trial = ask(self.study, self.context.seed)
            context, method = self._settings(trial)
            cost = expected(context, method, self._paid(method), room, self.budget)
            self._note(trial, context, method)
            if why := self.budget.too_much(cost, reserve):
                leave_out(self.study, trial, why)
                in_vain += 1
                default = trial.user_attrs.get("default")
                if default:
                    self.say(f"trial {trial.number}, {method}: left out; {why}")
                if in_vain >= MOST_IN_VAIN and not self._waiting():
                    return f"the next trials would break the budget: {why}"
                continue
            in_vain = 0
            new = fit_trial(self.study, trial, context, method, room)
            repeated = 0 if new else repeated + 1
            self.say(self._line(trial.number))
            if repeated >= MOST_REPEATED:
                return f"{MOST_REPEATED} trials in a row had been fitted before"

    def _settings(self, trial: Any) -> tuple[Context, str]:
        """Return the context of a trial with its options, and its method."""
        method = trial.suggest_categorical("method", self.methods)
        task, fixed = self.context.data.task, self.spec.options.get(method, {})
        options = dict(fixed)
        if "default" not in trial.user_attrs:
            options = draw(trial, method, task, fixed)
        return with_options(self.context, method, options), method

    def _note(self, trial: Any, context: Context, method: str) -> None:
        """Write down what a trial is, and count its cost from now on."""
        subject = subject_of(context, method)
        estimates = [s for s in self.budget.subjects if s.startswith("step:estimate-")]
        trial.set_user_attr("method", method)
        trial.set_user_attr("options", context.spec.options.get(method, {}))
        trial.set_user_attr("subjects", [subject, *estimates])
        self.budget.count(subject)

    def _enough(self) -> str:
        """Return why the search is over, or ``""``."""
        done = [t for t in self._trials() if state_of(t) in (COMPLETE, PRUNED, FAILED)]
        if self.budget.trials is not None and len(done) >= self.budget.trials:
            return f"{len(done)} trials were made"
        best = max((t.value for t in done if state_of(t) == COMPLETE), default=0.0)
        target = self.spec.target_accuracy
        if target is not None and best >= target:
            return f"validation {self.context.task.quality_name} {best:.1%} has reached the target"
        return ""

    def _waiting(self) -> bool:
        return any(state_of(t) == "waiting" for t in self._trials())

    def _reserve(self) -> float:
        """Return the CPU-seconds kept back to fit the best trial once more on all rows."""
        complete = self._complete()
        if not self.spec.refit or not complete:
            return 0.0
        return cost_of(best_of(complete, self.budget), self.budget)

    def _paid(self, method: str) -> list[float]:
        """Return the CPU-seconds of a method's complete fits."""
        mine = (t for t in self._complete() if t.user_attrs["method"] == method)
        return [cost_of(t, self.budget) for t in mine]

    def _complete(self) -> list[Any]:
        return [t for t in self._trials() if state_of(t) == COMPLETE]

    def _line(self, number: int) -> str:
        trial = self.study.trials[number]
        told = settings(trial.user_attrs["options"])
        cost = money(self.budget.price(self.budget.of(trial.user_attrs["subjects"][0])))
        state = state_of(trial)
        outcome = (
            f"{percent(trial.value)} on validation"
            if state == COMPLETE
            else f"{state}; {trial.user_attrs['reason']}"
        )
        so_far = money(self.budget.price(self.budget.spent()))
        head = f"trial {number}, {trial.user_attrs['method']} ({told})"
        return f"{head}: {outcome}; {cost}, {so_far} so far"
