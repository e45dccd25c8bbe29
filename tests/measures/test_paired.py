"""Paired tests: published values, symmetry, error rates by exact enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, multinomial

from undercut.core.errors import UndercutError
from undercut.measures.paired import (
    drop_bound,
    mcnemar,
    paired_interval,
    paired_test,
    rows_to_prove,
)


def test_mcnemar_is_as_published():
    """Fagerland, Lydersen and Laake 2013, table 1 (airway hyper-responsiveness, 1 and 7)."""
    exact, mid = mcnemar(1, 7)
    assert exact == pytest.approx(0.0703, abs=5e-5)
    assert mid == pytest.approx(0.0391, abs=5e-5)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_the_binomial_test_and_symmetric(b, c):
    exact, mid = mcnemar(b, c)
    expected = binomtest(b, b + c).pvalue if b + c else 1.0
    assert exact == pytest.approx(expected, abs=1e-9)
    if b != c:
        assert mid == pytest.approx(expected - binom.pmf(min(b, c), b + c, 0.5), abs=1e-9)
    assert (exact, mid) == mcnemar(c, b)
    assert 0 <= mid <= exact <= 1


def test_the_interval_is_as_published():
    """Fagerland, Lydersen and Laake 2014, airway hyper-responsiveness: Tango's interval."""
    assert paired_interval(7, 1, 21) == pytest.approx((0.026, 0.517), abs=1e-3)


@given(st.integers(1, 300), st.data())
def test_the_interval_mirrors_and_holds_the_difference(n, data):
    gained = data.draw(st.integers(0, n))
    lost = data.draw(st.integers(0, n - gained))
    low, high = paired_interval(gained, lost, n)
    assert -1 <= low <= (gained - lost) / n + 1e-12
    assert (gained - lost) / n - 1e-12 <= high <= 1
    mirrored = paired_interval(lost, gained, n)
    assert (-mirrored[1], -mirrored[0]) == pytest.approx((low, high), abs=1e-12)


def right(both, only_a, only_b, neither):
    a = [True] * both + [True] * only_a + [False] * only_b + [False] * neither
    b = [True] * both + [False] * only_a + [True] * only_b + [False] * neither
    return np.array(a), np.array(b)


def test_better_only_when_the_test_says_so():
    found = paired_test(*right(80, 2, 14, 4))
    assert found.better and found.p_value < 0.05 and found.low > 0
    assert (found.only_a, found.only_b, found.n) == (2, 14, 100)
    assert found.difference == pytest.approx(0.12)
    few = paired_test(*right(80, 2, 5, 13))
    assert few.difference > 0 and not few.better
    assert not paired_test(*right(80, 14, 2, 4)).better


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), st.randoms())
def test_the_order_of_rows_does_not_matter(both, only_a, only_b, neither, rng):
    a, b = right(both, only_a, only_b, neither)
    order = list(range(len(a)))
    rng.shuffle(order)
    found = paired_test(a, b)
    assert paired_test(a[order], b[order]) == found
    back = paired_test(b, a)
    assert back.p_value == found.p_value and back.difference == -found.difference
    assert not (back.better and found.better)


def test_equal_variants_are_called_better_in_at_most_about_one_of_forty():
    """Exactly enumerated: the rejection rate in B's favour where neither is better."""
    for m in (5, 6, 10, 20, 50, 100):
        k = np.arange(m + 1)
        called = [
            paired_test(*right(3, m - only_b, int(only_b), 2)).better for only_b in range(m + 1)
        ]
        assert binom.pmf(k, m, 0.5)[called].sum() <= 0.025
        assert any(called) == (m > 5)


@pytest.mark.parametrize(("a", "b"), [([], []), ([True], [True, False])])
def test_rows_that_do_not_pair_are_refused(a, b):
    with pytest.raises(UndercutError, match="the same rows"):
        paired_test(np.array(a), np.array(b))


@pytest.mark.parametrize("n", [60, 120, 240])
@pytest.mark.parametrize("drop", [0.005, 0.01, 0.03])
@pytest.mark.parametrize("gains", [0.0, 0.01, 0.05])
def test_the_bound_fails_to_hold_a_drop_in_at_most_one_of_twenty(n, drop, gains):
    """Exact: sums the probability of every outcome whose upper bound lies below the true drop."""
    lost, gained = (x.ravel() for x in np.mgrid[0 : n + 1, 0 : n + 1])
    keep = lost + gained <= min(n, 60)
    lost, gained = lost[keep], gained[keep]
    p = multinomial.pmf(
        np.column_stack([lost, gained, n - lost - gained]),
        n,
        [gains + drop, gains, 1 - 2 * gains - drop],
    )
    missed = drop_bound(lost, gained, n) < drop - 1e-12
    assert p[missed].sum() <= 0.0505


@settings(deadline=None)
@given(st.integers(2, 500), st.data())
def test_the_bound_rises_with_losses_and_falls_with_gains(n, data):
    lost = data.draw(st.integers(0, n - 1))
    gained = data.draw(st.integers(0, n - 1 - lost))
    at = float(drop_bound(lost, gained, n))
    assert (lost - gained) / n - 1e-12 <= at <= 1
    assert float(drop_bound(lost + 1, gained, n)) >= at - 1e-12
    assert float(drop_bound(lost, gained + 1, n)) <= at + 1e-12
    if lost >= gained:
        assert float(drop_bound(lost, gained, 2 * n)) <= at + 1e-12


def test_no_rows_prove_nothing():
    assert float(drop_bound(0, 0, 0)) == 1


def test_rows_to_prove_without_a_difference_is_the_exact_count():
    needed = rows_to_prove(0, 0, 50, 0.01)
    assert needed == 299  # 0.99 ** 299 < 0.05 <= 0.99 ** 298
    assert drop_bound(0, 0, needed) <= 0.01 < drop_bound(0, 0, needed - 1)


@pytest.mark.parametrize(("lost", "gained", "n"), [(2, 1, 300), (3, 3, 500), (0, 2, 100)])
def test_that_many_rows_do_prove_it_about_four_times_in_five(lost, gained, n):
    needed = rows_to_prove(lost, gained, n, 0.01)
    assert needed > n
    rng = np.random.default_rng(0)
    rates = np.array([max(lost, (lost + gained) / 2), min(gained, (lost + gained) / 2)]) / n
    draws = rng.multinomial(needed, [*rates, 1 - rates.sum()], size=2000)
    passed = (drop_bound(draws[:, 0], draws[:, 1], needed) <= 0.01).mean()
    assert passed > 0.7


def test_a_drop_as_large_as_the_bound_can_never_be_proven():
    assert rows_to_prove(20, 5, 1000, 0.01) is None
