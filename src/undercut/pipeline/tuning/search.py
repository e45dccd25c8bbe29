"""The search: draw, estimate, fit, until the budget is spent; then the facts of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from undercut.core.errors import fail
from undercut.core.specs import TuneSpec
from undercut.ledger.price import Rates
from undercut.measures.paired import paired_test
from undercut.measures.record import PairedTest
from undercut.pipeline.fitting import Context, fit_step, scores_of
from undercut.pipeline.report.format import money, percent
from undercut.pipeline.tuning.budget import Budget
from undercut.pipeline.tuning.importance import importances
from undercut.pipeline.tuning.record import (
    COMPLETE,
    FAILED,
    LEFT_OUT,
    PRUNED,
    Found,
    SearchFacts,
    TrialFacts,
)
from undercut.pipeline.tuning.space import draw
from undercut.pipeline.tuning.study import ask, open_study, quiet
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
        return Found(self._facts(why), list(self.budget.subjects), did_work)

    def _search(self) -> str:
        in_vain = repeated = 0
        while True:
            if why := self._enough():
                return why
            trial = ask(self.study, self.context.seed)
            context, method = self._settings(trial)
            room = self.budget.room(reserve := self._reserve())
            cost = expected(context, method, self._paid(method), room, self.budget)
            self._note(trial, context, method)
            if why := self.budget.too_much(cost, reserve):
                leave_out(self.study, trial, why)
                in_vain += 1
                default = trial.user_attrs.get("default")
                self.say(f"trial {trial.number}, {method}: left out; {why}") if default else None
                if in_vain >= MOST_IN_VAIN and not self._waiting():
                    return f"the next trials would break the budget: {why}"
                continue
            in_vain = 0
            before = self.budget.spent()
            fit_trial(self.study, trial, context, method, room)
            repeated = 0 if self.budget.spent() > before else repeated + 1
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
        done = [t for t in self._trials() if _state(t) in (COMPLETE, PRUNED, FAILED)]
        if self.budget.trials is not None and len(done) >= self.budget.trials:
            return f"{len(done)} trials were made"
        best = max((t.value for t in done if _state(t) == COMPLETE), default=0.0)
        target = self.spec.target_accuracy
        if target is not None and best >= target:
            return f"validation {self.context.task.quality_name} {best:.1%} has reached the target"
        return ""

    def _waiting(self) -> bool:
        return any(_state(t) == "waiting" for t in self._trials())

    def _reserve(self) -> float:
        """Return the CPU-seconds kept back to fit the best trial once more on all rows."""
        complete = self._complete()
        if not self.spec.refit or not complete:
            return 0.0
        return self._whole_cost(self._best(complete))

    def _paid(self, method: str) -> list[float]:
        """Return the CPU-seconds of a method's complete fits."""
        return [
            self._whole_cost(t) for t in self._complete() if t.user_attrs["method"] == method
        ]

    def _complete(self) -> list[Any]:
        return [t for t in self._trials() if _state(t) == COMPLETE]

    def _whole_cost(self, trial: Any) -> float:
        """Return the CPU-seconds of a trial's fit, whoever paid for it."""
        rows = self.budget.book.entries(trial.user_attrs["subjects"][0])
        return float(sum(e.quantity for e in rows if e.unit == "cpu_second"))

    def _best(self, trials: list[Any]) -> Any:
        """Return the trial of the highest quality; of equals the cheapest, then the first."""
        return max(trials, key=lambda t: (t.value, -self._whole_cost(t), -t.number))

    def _line(self, number: int) -> str:
        trial = self.study.trials[number]
        told = ", ".join(f"{k} {_written(v)}" for k, v in trial.user_attrs["options"].items())
        cost = money(self.budget.price(self.budget.of(trial.user_attrs["subjects"][0])))
        state = _state(trial)
        outcome = (
            f"{percent(trial.value)} on validation"
            if state == COMPLETE
            else f"{state}; {trial.user_attrs['reason']}"
        )
        so_far = money(self.budget.price(self.budget.spent()))
        head = f"trial {number}, {trial.user_attrs['method']} ({told or 'defaults'})"
        return f"{head}: {outcome}; {cost}, {so_far} so far"

    def _facts(self, why: str) -> SearchFacts:
        complete = self._complete()
        if not complete:
            raise fail(
                "tune-none",
                expected="a budget that one trial fits in",
                found=why,
                fix="Give more with --budget-usd or --max-minutes, or cheaper --methods.",
            )
        best = self._best(complete)
        defaults = [t for t in complete if "default" in t.user_attrs]
        default = self._best(defaults) if defaults else best
        table = dict(self.spec.options)
        for method in self.methods:
            if mine := [t for t in complete if t.user_attrs["method"] == method]:
                table[method] = self._best(mine).user_attrs["options"]
        kept = {best.user_attrs["method"], "linear"}
        with quiet():
            shares = importances(self.study, self.methods)
        cpu = self.budget.spent()
        return SearchFacts(
            methods=self.methods,
            sampler=f"TPE, seed {self.context.seed}" + ("; median pruning" * self.spec.prune),
            trials=self._records(),
            best=best.number,
            default=default.number,
            versus_default=self._versus(default, best),
            options={m: o for m, o in table.items() if o and m in kept},
            importances=shares,
            stopped=why,
            usd=self.budget.price(cpu),
            cpu_seconds=cpu,
            wall_seconds=self.budget.spent("wall_second"),
            budget_usd=self.spec.budget_usd,
            max_minutes=self.spec.max_minutes,
            max_trials=self.spec.trials,
            journal=str(self.journal),
        )

    def _versus(self, default: Any, best: Any) -> PairedTest | None:
        """Test the best trial against the best of the defaults on the validation rows."""
        if default.number == best.number:
            return None
        right = []
        for trial in (default, best):
            method, options = trial.user_attrs["method"], trial.user_attrs["options"]
            step = fit_step(with_options(self.context, method, options), method)
            right.append(self.context.judge(scores_of(step)).right)
        return paired_test(*right)

    def _records(self) -> list[TrialFacts]:
        """Return the trials in the order of their ends, with the running sum of what they cost."""
        over = [t for t in self._trials() if t.state.is_finished()]
        found, counted, usd = [], set(), 0.0
        for trial in sorted(over, key=lambda t: (t.datetime_complete, t.number)):
            # An estimate is paid for by the trial it was made for: the first that names it.
            new = [s for s in trial.user_attrs["subjects"] if s not in counted]
            if _state(trial) == LEFT_OUT:
                new = [s for s in new if s.startswith("step:estimate-")]
            counted |= set(new)
            cpu = sum(self.budget.of(s) for s in new)
            usd += self.budget.price(cpu)
            found.append(
                TrialFacts(
                    number=trial.number,
                    method=trial.user_attrs["method"],
                    options=trial.user_attrs["options"],
                    state=_state(trial),
                    reason=trial.user_attrs.get("reason", ""),
                    quality=trial.value
                    if trial.value is not None
                    else trial.intermediate_values.get(max(trial.intermediate_values, default=0)),
                    cpu_seconds=cpu,
                    usd=self.budget.price(cpu),
                    usd_so_far=usd,
                )
            )
        return found


def _state(trial: Any) -> str:
    """Return a trial's state in our words."""
    if trial.user_attrs.get("left_out"):
        return LEFT_OUT
    name = trial.state.name
    return {"COMPLETE": COMPLETE, "PRUNED": PRUNED, "FAIL": FAILED}.get(name, name.lower())


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_written, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


