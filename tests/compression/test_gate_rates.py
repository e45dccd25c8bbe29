"""How often chance gets a bad candidate through the gate, and a good one."""

from __future__ import annotations

import numpy as np
import pytest
from gate_rows import judge

MAX_DROP = 0.01
RUNS = 600


def pass_rate(n, lost_rate, gained_rate, seed):
    """Return the share of simulated candidates with these true rates that pass."""
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(n, [lost_rate, gained_rate, 1 - lost_rate - gained_rate], size=RUNS)
    verdicts: dict[tuple[int, int], bool] = {}
    passed = 0
    for lost, gained, _ in draws.tolist():
        if (lost, gained) not in verdicts:
            found = judge(n, lost, gained, max_drop=MAX_DROP, min_agreement=0.0, max_class_drop=1.0)
            verdicts[lost, gained] = found.verdict == "passed"
        passed += verdicts[lost, gained]
    return passed / RUNS


@pytest.mark.parametrize(
    ("n", "gains", "beyond"),
    [(320, 0, 0), (320, 0.04, 0), (1000, 0, 0), (1000, 0.01, 0), (1000, 0.01, 0.005)],
)
def test_a_candidate_beyond_the_bound_passes_at_most_about_once_in_twenty(n, gains, beyond):
    """At the bound itself the rate is 5 % at most; 7 % leaves two standard errors of 600 runs."""
    rate = pass_rate(n, gains + MAX_DROP + beyond, gains, seed=n)
    assert rate <= (0.07 if not beyond else 0.03)


def test_a_candidate_as_good_as_its_reference_passes_with_rows_enough():
    assert pass_rate(2000, 0.003, 0.003, seed=1) > 0.95
    assert pass_rate(300, 0.0, 0.0, seed=2) == 1


def test_a_point_estimate_alone_would_let_bad_candidates_through():
    """What the interval is for: half of them measure a drop within the bound."""
    rng = np.random.default_rng(3)
    draws = rng.multinomial(1000, [0.022, 0.012, 0.966], size=RUNS)
    within = (draws[:, 0] - draws[:, 1]) / 1000 <= MAX_DROP
    assert within.mean() > 0.4
    assert pass_rate(1000, 0.022, 0.012, seed=3) < 0.07
