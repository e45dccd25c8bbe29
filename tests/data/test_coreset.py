"""Rows chosen: as many as asked for, no two copies, every label, the same for the same seed."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from undercut.data import coverage
from undercut.data.coreset import choose_labelled, clusters, distinct, pick_unlabelled, shares
from undercut.data.coverage import facility_location

STRATA = st.lists(st.sampled_from("aaabc"), min_size=1, max_size=40)
SEEDS = st.integers(0, 2**16)


def unit(seed: int, m: int, width: int = 6) -> np.ndarray:
    v = np.random.default_rng(seed).normal(size=(m, width))
    return (v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32)


def value(v, rows, weight, covered) -> float:
    best = np.maximum(np.maximum((v @ v[list(rows)].T).max(axis=1), 0), covered)
    return float(((best - covered) * weight).sum())


def plainly(v, n, weight, covered) -> list[int]:
    chosen: list[int] = []
    while len(chosen) < n:
        rest = [i for i in range(len(v)) if i not in chosen]
        chosen.append(max(rest, key=lambda i: value(v, [*chosen, i], weight, covered)))
    return chosen


@given(SEEDS, st.integers(1, 12), st.data())
def test_lazy_greedy_is_worth_what_plain_greedy_is(seed, m, data):
    n = data.draw(st.integers(1, m))
    rng = np.random.default_rng(seed)
    v, weight, covered = unit(seed, m), rng.random(m), rng.random(m) * 0.5
    got = facility_location(v, n, rng, weight=weight, covered=covered)
    assert len(set(got.tolist())) == n
    wanted = plainly(v, n, weight, covered)
    assert value(v, got, weight, covered) == pytest.approx(
        value(v, wanted, weight, covered), rel=1e-3, abs=1e-5
    )


@given(SEEDS, st.integers(2, 9), st.data())
def test_greedy_keeps_its_promise_against_the_best_choice(seed, m, data):
    n = data.draw(st.integers(1, m - 1))
    v, ones, none = unit(seed, m), np.ones(m), np.zeros(m)
    got = value(v, facility_location(v, n, np.random.default_rng(0)), ones, none)
    best = max(value(v, c, ones, none) for c in itertools.combinations(range(m), n))
    assert got >= (1 - 1 / np.e) * best - 1e-5


@given(SEEDS, st.integers(1, 30), st.data())
def test_every_beginning_is_the_smaller_choice(seed, m, data):
    n = data.draw(st.integers(1, m))
    v = unit(seed, m)
    whole = facility_location(v, m, np.random.default_rng(0))
    assert facility_location(v, n, np.random.default_rng(0)).tolist() == whole[:n].tolist()


@given(SEEDS, st.integers(1, 50), st.data())
def test_rows_in_blocks_are_as_many_and_distinct(seed, m, data):
    n = data.draw(st.integers(1, m))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "BLOCK", 8)
        got = [facility_location(unit(seed, m), n, np.random.default_rng(1)) for _ in range(2)]
    assert len(set(got[0].tolist())) == n
    assert got[0].tolist() == got[1].tolist()


def test_what_is_covered_already_is_not_chosen():
    v = np.repeat(np.eye(3, dtype=np.float32), [10, 5, 2], axis=0)
    assert int(facility_location(v, 1, np.random.default_rng(0))[0]) < 10
    covered = np.array([1.0] * 10 + [0.0] * 7)
    assert 10 <= int(facility_location(v, 1, np.random.default_rng(0), covered=covered)[0]) < 15


@given(STRATA, st.data())
def test_a_row_of_each_cluster_and_every_label(strata, data):
    n = len(strata)
    cluster = np.array(data.draw(st.lists(st.integers(0, 12), min_size=n, max_size=n)))
    texts = [f"text {i}" for i in range(n)]
    kept = distinct(texts, strata, cluster)
    assert {strata[i] for i in kept.rows} == set(strata)
    assert set(cluster[kept.rows]) == set(cluster)
    assert kept.rows.tolist() == sorted(set(kept.rows.tolist()))
    left = Counter(strata[i] for i in kept.rows)
    for c, of in itertools.groupby(
        sorted(kept.rows, key=lambda i: cluster[i]), lambda i: cluster[i]
    ):
        rows = list(of)
        if len(rows) > 1:  # only where a label would be gone otherwise
            assert sum(left[strata[i]] == 1 for i in rows) >= len(rows) - 1, c


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 30), min_size=1), st.data())
def test_shares_add_up_and_leave_nobody_out(sizes, data):
    n = data.draw(st.integers(len(sizes), sum(sizes.values())))
    found = shares(Counter(sizes), n)
    assert sum(found.values()) == n
    assert all(1 <= found[s] <= sizes[s] for s in sizes)


@given(STRATA, SEEDS, st.data())
def test_as_many_as_asked_every_label_and_the_same_again(strata, seed, data):
    m = len(strata)
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, m - 1), min_size=1))))
    held = {strata[i] for i in rows}
    n = data.draw(st.integers(len(held), len(rows)))
    belief = np.random.default_rng(seed).random(m) if data.draw(st.booleans()) else None
    got = choose_labelled(unit(seed, m), strata, rows, n, seed, belief)
    assert len(set(got.tolist())) == n
    assert set(got.tolist()) <= set(rows.tolist())
    assert {strata[i] for i in got} == held
    assert {strata[i] for i in got[: len(held)]} == held  # the beginning has every label too
    again = choose_labelled(unit(seed, m), strata, rows, n, seed, belief)
    assert got.tolist() == again.tolist()


def test_of_two_groups_alike_the_one_whose_labels_are_believed_comes_first():
    v, rows, strata = np.repeat(np.eye(2, dtype=np.float32), 5, axis=0), np.arange(10), ["a"] * 10
    belief = np.array([0.1] * 5 + [0.9] * 5)
    assert choose_labelled(v, strata, rows, 1, 0, belief)[0] >= 5
    assert choose_labelled(v, strata, rows, 1, 0, belief[::-1].copy())[0] < 5


WORDS = st.lists(st.sampled_from(["card", "lost", "pin", "top", "up", "refund", "transfer", "abroad", "退款", "丢失"]),
                 min_size=1, max_size=6).map(" ".join)  # fmt: skip


@given(st.lists(WORDS, min_size=1, max_size=30), st.integers(1, 40))
def test_no_two_chosen_are_near_copies(texts, asked):
    cluster = clusters(texts)
    kept = distinct(texts, ["one"] * len(texts), cluster)
    assert kept.exact + kept.near == len(texts) - len(kept.rows)
    n = min(asked, len(kept.rows))
    got = choose_labelled(unit(0, len(texts)), ["one"] * len(texts), kept.rows, n, 0)
    assert len(got) == n
    assert len(set(cluster[got])) == n


@given(SEEDS, st.integers(1, 40), st.data())
def test_picked_rows_stand_for_all(seed, m, data):
    n = data.draw(st.integers(1, m))
    margin = np.random.default_rng(seed).random(m) if data.draw(st.booleans()) else None
    got = pick_unlabelled(unit(seed, m), n, seed, margin=margin)
    assert len(set(got.rows.tolist())) == n
    assert got.stands_for.sum() == m
    assert got.stands_for.min() >= 1
    if margin is None:
        assert not got.uncertain.any()
    else:
        assume(n < m)
        unsure = set(np.argsort(margin)[: int(np.ceil(m / 3))].tolist())
        assert {int(i) for i in got.rows[got.uncertain]} <= unsure


def test_of_two_groups_alike_the_one_the_model_is_unsure_of_comes_first():
    v = np.repeat(np.eye(2, dtype=np.float32), 5, axis=0)
    sure = np.array([9.0] * 5 + [0.1] * 5)
    assert int(pick_unlabelled(v, 1, 0, margin=sure).rows[0]) >= 5
    assert int(pick_unlabelled(v, 1, 0, margin=sure[::-1].copy()).rows[0]) < 5
