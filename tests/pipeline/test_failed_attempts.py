"""What a killed or failed attempt spent is part of what the step cost."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from undercut.ledger.price import Rates
from undercut.pipeline.gather import step_costs
from undercut.pipeline.rungs import spent
from undercut.pipeline.workspace import open_workspace


def burn(folder):
    sum(i * i for i in range(3_000_000))
    return {}


def test_both_attempts_are_counted(tmp_path):
    def burst(folder):
        burn(folder)
        raise RuntimeError("stop")

    with open_workspace(tmp_path, lambda _: None) as place:
        with pytest.raises(RuntimeError):
            place.step("work", {}, burst)
        first = sum(e.quantity for e in place.book.entries("step:work") if e.unit == "cpu_second")
        done = place.step("work", {}, burn)
        both = spent(SimpleNamespace(workspace=place), [done])
        assert first > 0
        assert both > first
        (cost,) = step_costs(place, [done], Rates())
        assert cost.attempts == 2
        assert cost.cpu_seconds == pytest.approx(float(both))
