"""The journal: whole after any kill, and who is pruned when."""

from __future__ import annotations

import multiprocessing
import random
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from undercut.core.contracts import Progress, silent
from undercut.core.errors import Problem, UndercutError
from undercut.pipeline.tuning import trial as trials
from undercut.pipeline.tuning.importance import LEAST_TRIALS, importances
from undercut.pipeline.tuning.study import FileLock, ask, open_study, state_of

pytest.importorskip("optuna", reason='optuna is not installed: pip install "undercut[tune]"')


@dataclass
class Place:
    """As much of a context as a trial's watch needs."""

    tick: Any = silent
    spec: Any = field(default_factory=lambda: SimpleNamespace(options={}))

    def judge(self, scores):
        return SimpleNamespace(quality=SimpleNamespace(value=scores))


def fitting(monkeypatch, qualities, epochs=4):
    """Let a fit report a quality after each epoch, and end with the last of them."""
    done = SimpleNamespace(cached=False)

    def fit_step(context, method):
        for i, quality in enumerate(qualities, 1):
            context.tick(Progress("train", i, epochs, quality=quality, epoch=i))
        return done

    monkeypatch.setattr(trials, "fit_step", fit_step)
    monkeypatch.setattr(trials, "scores_of", lambda step: qualities[-1])


def test_defaults_come_first_and_once(tmp_path):
    study = open_study(tmp_path / "a.journal", ["linear", "probe"], True)
    first = ask(study, 0)
    assert first.suggest_categorical("method", ["linear", "probe"]) == "linear"
    study.tell(first, 0.5)
    again = open_study(tmp_path / "a.journal", ["linear", "probe"], True)
    second = ask(again, 0)
    assert second.suggest_categorical("method", ["linear", "probe"]) == "probe"
    again.tell(second, 0.6)
    assert "default" not in ask(again, 0).user_attrs


def test_a_trial_that_a_kill_left_open_is_gone_on_with(tmp_path):
    study = open_study(tmp_path / "a.journal", ["linear"], True)
    study.tell(ask(study, 0), 0.5)
    begun = ask(study, 0)
    drawn = begun.suggest_float("linear.c", 0.1, 10)
    again = open_study(tmp_path / "a.journal", ["linear"], True)
    same = ask(again, 0)
    assert same.number == begun.number
    assert same.suggest_float("linear.c", 0.1, 10) == drawn
    again.tell(same, 0.7)
    assert ask(again, 0).number == begun.number + 1


def test_a_torn_last_line_is_cut_off(tmp_path):
    path = tmp_path / "a.journal"
    study = open_study(path, ["linear"], True)
    study.tell(ask(study, 0), 0.5)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code": 4, "tri')
    again = open_study(path, ["linear"], True)
    assert [t.value for t in again.trials] == [0.5]
    assert path.read_bytes().startswith(whole)


@pytest.mark.parametrize("content", [b"not a journal\n", b'{"a": 1}\n', b"\xff\xfe\n", b"[]\n"])
def test_a_damaged_journal_is_one_clear_error(tmp_path, content):
    path = tmp_path / "a.journal"
    path.write_bytes(content)
    with pytest.raises(UndercutError) as e:
        open_study(path, ["linear"], True)
    assert e.value.code == "tune-journal"
    assert str(path) in str(e.value)


def _hold(path, ready):
    FileLock(path).acquire()
    ready.set()
    multiprocessing.Event().wait()


def test_a_lock_ends_with_its_holder(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "lock", ready))
    holder.start()
    assert ready.wait(60)
    holder.kill()
    holder.join()
    lock = FileLock(tmp_path / "lock")
    assert lock.acquire()
    lock.release()


def test_a_fit_that_is_behind_is_ended_and_told_so(tmp_path, monkeypatch):
    study = open_study(tmp_path / "a.journal", ["full"], True)
    context = Place()
    for value in (0.8, 0.81, 0.82, 0.83, 0.84):
        fitting(monkeypatch, [value - 0.1, value - 0.05, value, value])
        trials.fit_trial(study, ask(study, 0), context, "full", float("inf"))
    fitting(monkeypatch, [0.3, 0.9, 0.9, 0.9])
    slow = ask(study, 0)
    trials.fit_trial(study, slow, context, "full", float("inf"))
    assert state_of(study.trials[slow.number]) == "pruned"
    assert "30.0% after 1 epochs" in study.trials[slow.number].user_attrs["reason"]
    fitting(monkeypatch, [0.75, 0.79, 0.85, 0.86])
    good = ask(study, 0)
    trials.fit_trial(study, good, context, "full", float("inf"))
    assert study.trials[good.number].value == 0.86


def test_fits_of_any_length_are_compared_at_the_same_quarter(tmp_path, monkeypatch):
    study = open_study(tmp_path / "a.journal", ["full"], True)
    fitting(monkeypatch, [0.5, 0.7], epochs=2)
    two = ask(study, 0)
    trials.fit_trial(study, two, Place(), "full", float("inf"))
    fitting(monkeypatch, [0.1 * i for i in range(1, 9)], epochs=8)
    eight = ask(study, 0)
    trials.fit_trial(study, eight, Place(), "full", float("inf"))
    assert study.trials[two.number].intermediate_values == {2: 0.5}
    assert study.trials[eight.number].intermediate_values == pytest.approx({1: 0.2, 2: 0.4, 3: 0.6})


def test_without_pruning_nothing_is_ended(tmp_path, monkeypatch):
    study = open_study(tmp_path / "a.journal", ["full"], False)
    for value in (0.8, 0.81, 0.82, 0.83, 0.84, 0.1):
        fitting(monkeypatch, [value] * 4)
        trials.fit_trial(study, ask(study, 0), Place(), "full", float("inf"))
    assert {state_of(t) for t in study.trials} == {"complete"}


def test_a_fit_that_has_spent_the_budget_is_ended(tmp_path, monkeypatch):
    study = open_study(tmp_path / "a.journal", ["full"], True)
    fitting(monkeypatch, [0.8] * 4)
    trial = ask(study, 0)
    trials.fit_trial(study, trial, Place(), "full", -1.0)
    assert state_of(study.trials[trial.number]) == "pruned"
    assert "budget" in study.trials[trial.number].user_attrs["reason"]


def test_a_fit_that_diverges_fails_its_trial_and_other_errors_stop_the_search(
    tmp_path, monkeypatch
):
    study = open_study(tmp_path / "a.journal", ["full"], True)

    def failing(code):
        def fit_step(context, method):
            raise UndercutError(code, Problem("a finite loss", "nan"))

        monkeypatch.setattr(trials, "fit_step", fit_step)

    failing("training-diverged")
    trial = ask(study, 0)
    trials.fit_trial(study, trial, Place(), "full", float("inf"))
    assert state_of(study.trials[trial.number]) == "failed"
    assert "nan" in study.trials[trial.number].user_attrs["reason"]
    failing("base-files")
    trial = ask(study, 0)
    with pytest.raises(UndercutError):
        trials.fit_trial(study, trial, Place(), "full", float("inf"))
    assert ask(study, 0).number == trial.number


def test_importance_finds_the_option_that_matters(tmp_path):
    study = open_study(tmp_path / "a.journal", ["full", "linear"], True)
    rng = random.Random(0)
    for _ in range(42):  # the first two are the defaults
        rate, size = rng.uniform(0, 1), rng.uniform(0, 1)
        study.enqueue_trial({"method": "full", "full.rate": rate, "full.size": size})
        trial = ask(study, 0)
        trial.suggest_categorical("method", ["full", "linear"])
        if "default" not in trial.user_attrs:
            value = trial.suggest_float("full.rate", 0, 1)
            value += 0.02 * trial.suggest_float("full.size", 0, 1)
        study.tell(trial, value if "default" not in trial.user_attrs else 0.5)
    shares = importances(study, ["full", "linear"])["full"]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["rate"] > 0.8


def test_importance_says_nothing_of_a_single_option(tmp_path):
    study = open_study(tmp_path / "a.journal", ["linear"], True)
    for i in range(2 * LEAST_TRIALS):
        trial = ask(study, 0)
        trial.suggest_categorical("method", ["linear"])
        trial.suggest_float("linear.c", 0, 1)
        study.tell(trial, i / 100)
    assert importances(study, ["linear"]) == {}


def test_importance_says_nothing_of_few_trials(tmp_path):
    study = open_study(tmp_path / "a.journal", ["linear"], True)
    for i in range(LEAST_TRIALS):
        trial = ask(study, 0)
        trial.suggest_categorical("method", ["linear"])
        if i:
            trial.suggest_float("linear.c", 0, 1)
            trial.suggest_float("linear.words", 0, 1)
        study.tell(trial, i / 10)
    assert importances(study, ["linear"]) == {}
