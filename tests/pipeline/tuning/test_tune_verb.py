"""The verb: what it finds, what it costs, how it goes on, and that a run follows from it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from pipeline.sets import small
from undercut.core.errors import UndercutError
from undercut.core.specs_training import RunSpec, TuneSpec
from undercut.ledger.book import Book
from undercut.ledger.price import Rates
from undercut.pipeline.run import run
from undercut.pipeline.tuning import tune as module
from undercut.pipeline.tuning.budget import Budget
from undercut.pipeline.tuning.search import Search
from undercut.pipeline.tuning.tune import tune
from undercut.predict.predictor import load

pytest.importorskip("optuna", reason='optuna is not installed: pip install "undercut[tune]"')

METHODS = ["linear", "dummy"]


def spec(folder, workspace="w", **more):
    options = {"methods": METHODS, "trials": 8, "threads": 1, "learning_curve": False, **more}
    return TuneSpec(
        train=[folder / "small.csv"], test=[folder / "small_test.csv"],
        workspace=folder / workspace, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tune")
    small(folder)
    return folder


@pytest.fixture(scope="module")
def found(place):
    return tune(spec(place))


@pytest.fixture
def searched(monkeypatch):
    """Return a way to search without the run that follows."""

    def only(spec):
        with monkeypatch.context() as m:
            m.setattr(module, "complete", lambda *given: given[-1])
            return tune(spec)

    return only


def essence(search):
    """Return what a search decided, without what it cost."""
    return [(t.number, t.method, t.options, t.state, t.quality) for t in search.trials]


def test_defaults_first_then_draws_and_the_best_is_promoted(found):
    search = found.search
    assert [(t.method, t.options) for t in search.trials[:2]] == [(m, {}) for m in METHODS]
    assert len(search.trials) == 8
    assert all(t.options for t in search.trials[2:])
    complete = [t for t in search.trials if t.state == "complete"]
    best = search.trial(search.best)
    assert best.quality == max(t.quality for t in complete)
    equals = [t for t in complete if t.quality == best.quality]
    assert best.method == found.rungs[-1].rung == "linear"
    assert equals[0].quality >= search.trial(search.default).quality
    assert search.stopped == "8 trials were made"
    assert load(found.artefact, threads=1).predict(["hello"])


def test_the_test_rows_are_scored_once_by_the_best_alone(found, place):
    assert found.test is not None
    assert len(list((place / "w" / "steps").glob("test-*"))) == 1


def test_every_trial_is_in_the_ledger_and_in_the_runs_cost(found, place):
    search = found.search
    book = Book(place / "w" / "ledger.sqlite")
    fits = {e.subject for e in book.entries("step:fit-")}
    assert all(book.attempts(s) == ["done"] for s in fits)
    paid = sum(float(e.quantity) for s in fits for e in book.entries(s) if e.unit == "cpu_second")
    assert search.cpu_seconds == pytest.approx(paid)
    assert search.usd == pytest.approx(sum(t.usd for t in search.trials))
    assert search.trials[-1].usd_so_far == pytest.approx(search.usd)
    row = next(c for c in found.costs if c.step.startswith("search of 8 trials"))
    own = [c for c in found.costs if c.step == "fit-linear"]
    best = search.trial(search.best)
    assert len(own) == 1
    assert own[0].cpu_seconds == pytest.approx(best.cpu_seconds)
    assert row.cpu_seconds + own[0].cpu_seconds == pytest.approx(paid)
    assert found.cost_usd == pytest.approx(sum(c.usd for c in found.costs))
    assert found.cost_usd > search.usd


def test_the_same_again_does_no_work(found, place):
    again = tune(spec(place))
    assert not again.did_work
    assert essence(again.search) == essence(found.search)
    assert again.search.usd == found.search.usd


def test_a_run_goes_on_from_there(found, place):
    options = {"method": found.rungs[-1].rung, "options": found.search.options, "threads": 1}
    went_on = run(
        RunSpec(
            train=[place / "small.csv"], test=[place / "small_test.csv"], workspace=place / "w",
            learning_curve=False, **options,
        )
    )  # fmt: skip
    assert all(c.cached for c in went_on.costs)
    assert went_on.test.quality == found.test.quality
    assert went_on.search is None


def test_the_seed_decides_and_a_larger_budget_goes_further(found, place, searched):
    first = searched(spec(place, "again", trials=5)).facts
    assert essence(first) == essence(found.search)[:5]
    book = Book(place / "again" / "ledger.sqlite")
    before = {s: book.attempts(s) for s in {e.subject for e in book.entries("step:fit-")}}
    further = searched(spec(place, "again"))
    assert further.did_work
    assert essence(further.facts) == essence(found.search)
    assert {s: book.attempts(s) for s in before} == before
    other = searched(spec(place, "other", seed=1, trials=5)).facts
    assert [t.options for t in other.trials[2:]] != [t.options for t in first.trials[2:]]


def test_what_is_set_is_not_searched(place, searched):
    fixed = {"linear": {"words": 1, "char_max": 3}}
    found = searched(spec(place, "fixed", methods=["linear"], options=fixed, trials=3)).facts
    assert all(
        t.options["words"] == 1 and t.options["char_max"] == 3 and ("c" in t.options or i == 0)
        for i, t in enumerate(found.trials)
    )
    assert found.options["linear"]["words"] == 1


def test_a_fit_that_is_there_already_is_not_paid_again(found, place, searched):
    book = Book(place / "w" / "ledger.sqlite")
    before = {s: book.attempts(s) for s in {e.subject for e in book.entries("step:fit-linear")}}
    other = searched(spec(place, methods=["linear"], trials=2)).facts
    assert {s: book.attempts(s) for s in before} == before
    assert other.trials[0].usd == 0
    assert other.trials[0].quality == found.search.trials[0].quality
    assert other.trials[1].usd > 0


def test_money_ends_the_search(place, searched):
    def within(budget):
        return spec(place, "money", methods=["linear"], trials=200, budget_usd=budget, refit=False)

    first = searched(within(1e-5)).facts
    each = max(t.usd for t in first.trials)
    found = searched(within(first.usd + 3 * each))
    facts = found.facts
    done = [t for t in facts.trials if t.state == "complete"]
    assert len(first.trials) < len(facts.trials) < 100
    # What a fit or an estimate takes is known only afterwards.
    assert facts.usd <= first.usd + 3 * each + 4 * max(t.usd for t in facts.trials)
    assert done
    assert "budget" in facts.stopped
    assert all(t.state == "complete" or "budget" in t.reason for t in facts.trials)
    assert not searched(within(first.usd + 3 * each)).did_work


def test_a_budget_too_small_for_anything_is_one_clear_error(place):
    with pytest.raises(UndercutError) as e:
        tune(spec(place, "tiny", methods=["linear"], budget_usd=1e-9))
    assert e.value.code == "tune-none"
    assert not list((place / "tiny").glob("runs/*"))


def test_a_target_ends_the_search(place, searched):
    facts = searched(spec(place, "money", methods=["dummy"], target_accuracy=0.01)).facts
    assert len(facts.trials) == 1
    assert "reached the target" in facts.stopped


def test_nothing_new_ends_the_search(place, searched, monkeypatch):
    monkeypatch.setattr("undercut.pipeline.tuning.search.MOST_REPEATED", 2)
    fixed = {"dummy": {"smoothing": 2.0}}
    facts = searched(spec(place, "money", methods=["dummy"], options=fixed, trials=50)).facts
    assert len(facts.trials) == 3
    assert "fitted before" in facts.stopped


class Paid:
    """A ledger with what was spent on two days, one hour of a core each."""

    def entries(self, subject):
        return [
            SimpleNamespace(unit=unit, quantity=Decimal(3600), at=datetime.fromisoformat(at))
            for unit in ("cpu_second", "wall_second")
            for at in ("2026-11-01T00:00:00+00:00", "2026-11-03T00:00:00+00:00")
        ]


def budget(**bounds):
    since = datetime.fromisoformat("2026-11-02T00:00:00+00:00")
    full = {"usd": None, "minutes": None, "trials": None, **bounds}
    rates = Rates().with_rate("cpu_second", Decimal("0.05") / 3600, "given")
    made = Budget(**full, threads=2, rates=rates, when=since.date(), book=Paid(), since=since)
    made.count("step:fit-linear:0")
    made.count("step:fit-linear:0")
    return made


def test_what_was_spent_before_the_search_is_not_its_own():
    assert budget().spent() == 3600
    assert budget().price(budget().spent()) == pytest.approx(0.05)


def test_a_trial_that_would_break_the_budget_may_not_start():
    assert budget().too_much(1e9, 0) == ""
    money = budget(usd=0.20)  # 0.05 spent, 0.15 left: three core-hours
    assert money.room(0) == pytest.approx(3 * 3600)
    assert money.too_much(3 * 3600 - 1, 0) == ""
    assert "over the budget" in money.too_much(3 * 3600 + 1, 0)
    assert "kept for the refit" in money.too_much(2 * 3600, 1.1 * 3600)
    minutes = budget(minutes=90)  # 60 gone, 30 left: one core-hour on two cores
    assert minutes.room(0) == pytest.approx(3600)
    assert minutes.too_much(3599, 0) == ""
    assert "over the limit" in minutes.too_much(3601, 0)
    assert "over the limit" in minutes.too_much(3000, 700)


def test_another_budget_is_the_same_search_and_other_data_is_not(found, place):
    seen = []

    class Only(Search):
        def __init__(self, **known):
            self.__dict__ |= known
            seen.append(self._key())

    context = SimpleNamespace(data=SimpleNamespace(hash="a"), seed=0, base_hash="")
    for known in (
        {"context": context, "methods": METHODS, "spec": spec(place)},
        {"context": context, "methods": METHODS, "spec": spec(place, budget_usd=1.0)},
        {
            "context": SimpleNamespace(data=SimpleNamespace(hash="b"), seed=0, base_hash=""),
            "methods": METHODS,
            "spec": spec(place),
        },
    ):
        Only(**known)
    assert seen[0] == seen[1] != seen[2]
