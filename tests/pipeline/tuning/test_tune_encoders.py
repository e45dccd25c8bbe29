"""Encoders searched for real, on a tiny base: their options are drawn, and who is behind is ended."""

from __future__ import annotations

import csv

import pytest

from conformance.samples import rows_of
from conformance.tiny_base import tiny_base
from undercut.core.specs_training import TuneSpec
from undercut.ledger.book import Book
from undercut.pipeline.tuning import search, study
from undercut.pipeline.tuning import tune as module
from undercut.pipeline.tuning.space import ranges
from undercut.pipeline.tuning.tune import tune

pytest.importorskip("optuna", reason='optuna is not installed: pip install "undercut[tune]"')
pytest.importorskip("torch", reason="encoders are fitted with torch")

ROWS = rows_of("text-classification", 60, 0)


@pytest.fixture
def searched(tmp_path, monkeypatch):
    """Return a way to search methods, without the run that follows, and the workspace."""
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([("text", "label"), *zip(ROWS.inputs, ROWS.targets, strict=True)])
    monkeypatch.setattr(module, "complete", lambda *given: given[-1])

    def only(*methods, **more):
        spec = TuneSpec(
            train=[path], methods=list(methods), base=str(tiny_base(tuple(ROWS.inputs))),
            workspace=tmp_path / "w", threads=1, valid_share=0.3, learning_curve=False, **more,
        )  # fmt: skip
        return tune(spec).facts

    return only, tmp_path / "w"


def test_a_hopeless_fit_is_ended_and_its_seconds_stay_in_the_ledger(searched, monkeypatch):
    only, workspace = searched
    drawn = [{"rate": 0.002}, {"rate": 0.5}]
    monkeypatch.setattr(study, "PRUNE_AFTER", 2)
    monkeypatch.setattr(search, "draw", lambda *_: {"epochs": 8} | drawn.pop(0))
    facts = only("full", trials=3, options={"full": {"epochs": 8}})
    good, hopeless = facts.trials[:2], facts.trials[2]
    assert [t.state for t in good] == ["complete"] * 2
    assert hopeless.state == "pruned"
    assert "behind the median" in hopeless.reason
    assert hopeless.quality < min(t.quality for t in good)
    assert facts.best in {t.number for t in good}
    book = Book(workspace / "ledger.sqlite")
    ended = [s for s in {e.subject for e in book.entries("step:fit-full")}
             if book.attempts(s) != ["done"]]  # fmt: skip
    assert len(ended) == 1
    seconds = sum(float(e.quantity) for e in book.entries(ended[0]) if e.unit == "cpu_second")
    assert seconds > 0
    assert hopeless.cpu_seconds == pytest.approx(seconds)
    assert facts.cpu_seconds == pytest.approx(sum(t.cpu_seconds for t in facts.trials))
    name, key = ended[0].split(":")[1:]
    assert not (workspace / "steps" / f"{name}-{key}" / "result.json").exists()


def test_partial_and_full_are_searched_within_their_ranges(searched):
    only, _ = searched
    facts = only("partial", "full", trials=4, prune=False)
    assert [(t.method, t.options) for t in facts.trials[:2]] == [("partial", {}), ("full", {})]
    assert all(t.state == "complete" and t.cpu_seconds > 0 for t in facts.trials)
    for t in facts.trials[2:]:
        known = {r.name: r for r in ranges(t.method, "text-classification", {})}
        assert set(t.options) == set(known)
        for name, value in t.options.items():
            r = known[name]
            assert value in r.choices if r.choices else r.low <= value <= r.high
