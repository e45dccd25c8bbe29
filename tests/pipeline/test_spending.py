"""What a command has cost so far, and what the rest of a stage will."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from undercut.core.contracts import Progress
from undercut.ledger.price import Rates
from undercut.pipeline import spending


@pytest.fixture
def seen(monkeypatch):
    """Ticks at one CPU-second each; a CPU-second costs a dollar."""
    clock, seen = [0.0], []
    monkeypatch.setattr(spending, "tree_cpu_seconds", lambda: clock[0])
    monkeypatch.setattr(spending.time, "monotonic", lambda: 10 + clock[0])
    rates = Rates().with_rate("cpu_second", Decimal(1), "given")
    tick = spending.with_cost(seen.append, rates, date(2026, 11, 1))

    def at(seconds, *progress):
        clock[0] = seconds
        tick(Progress(*progress))
        return seen[-1]

    return at


def test_the_rest_costs_what_the_part_done_has(seen):
    assert seen(1, "train", 0, 100).usd_left is None
    later = seen(3, "train", 20, 100)  # 2 for 20
    assert later.usd == 3
    assert later.usd_left == pytest.approx(8)
    assert seen(11, "train", 100, 100).usd_left == 0


def test_each_stage_starts_anew(seen):
    seen(1, "encode", 0, 10)
    seen(2, "encode", 10, 10)
    assert seen(2, "train", 5, 100).usd_left is None
    assert seen(4, "train", 10, 100).usd_left == pytest.approx(2 / 5 * 90)
    assert seen(5, "train", 1, 100).usd_left is None  # another fit


def test_what_the_loop_said_is_kept(seen, monkeypatch):
    kept = []
    rates = Rates().with_rate("cpu_second", Decimal(1), "given")
    spending.with_cost(kept.append, rates, date(2026, 11, 1))(
        Progress("train", 1, 2, "note", loss=0.5, quality=0.9, epoch=1.0, tokens_per_second=7.0)
    )
    got = kept[0]
    assert (got.note, got.loss, got.quality, got.epoch) == ("note", 0.5, 0.9, 1.0)
    assert got.tokens_per_second == 7.0
