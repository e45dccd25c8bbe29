"""The timers count what they say they count."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from benchmarks.clock import StepClock, extrapolate, measured

BURN = "import time\nt = time.process_time()\nwhile time.process_time() - t < 0.3: pass"


def burn(seconds: float) -> None:
    begin = time.process_time()
    while time.process_time() - begin < seconds:
        pass


def test_measured_counts_this_process():
    with measured() as usage:
        burn(0.2)
    assert 0.2 <= usage.cpu_seconds < 0.4
    assert usage.wall_seconds >= 0.2


def test_measured_counts_finished_children():
    with measured() as usage:
        subprocess.run([sys.executable, "-c", BURN], check=True)
    assert usage.cpu_seconds >= 0.3


def test_waiting_costs_no_processor_time():
    with measured() as usage:
        time.sleep(0.3)
    assert usage.cpu_seconds < 0.1
    assert usage.wall_seconds >= 0.3


def test_warm_up_steps_are_left_out():
    clock = StepClock(warm_up=2)
    clock.tick()
    for seconds in (0.2, 0.2, 0.01, 0.01, 0.01):
        burn(seconds)
        clock.tick()
    assert len(clock.cpu) == len(clock.wall) == 3
    assert max(clock.cpu) < 0.15


def test_extrapolation_is_mean_times_steps_with_students_interval():
    found = extrapolate([1.0, 2.0, 3.0], 100)
    assert found["value"] == 200
    # mean 2, sd 1, n 3: half width 4.302653 / sqrt(3) = 2.484138; below 0 it is cut
    assert found["high"] == pytest.approx(448.414, abs=1e-3)
    assert found["low"] == 0


def test_extrapolation_of_equal_steps_has_no_width():
    assert extrapolate([0.5] * 4, 10) == {"value": 5.0, "low": 5.0, "high": 5.0}


def test_one_step_is_not_a_sample():
    with pytest.raises(ValueError, match="two timed steps"):
        extrapolate([1.0], 10)
