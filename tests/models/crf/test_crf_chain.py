"""Marginals of the chain: against enumeration of all paths, and whatever the neighbours are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.models.crf.chain import expectations, logarithms, marginals
from undercut.models.crf.inner import merger, rules_of
from undercut.tasks.token_classification.scheme import scheme_of

IOB = ("O", "B-X", "I-X")
BIOES = ("O", "B-X", "I-X", "E-X", "S-X")


def enumerated(emissions, transitions, scheme):
    """Probability of each tag by summing over every path."""
    words, tags = emissions.shape
    allowed = scheme.transitions()
    total = np.zeros((words, tags))
    for path in itertools.product(range(tags), repeat=words):
        if not (scheme.first[path[0]] and scheme.ends[path[-1]]):
            continue
        if not all(allowed[a, b] for a, b in itertools.pairwise(path)):
            continue
        score = sum(emissions[i, t] for i, t in enumerate(path))
        score += sum(transitions[a, b] for a, b in itertools.pairwise(path))
        total[np.arange(words), path] += np.exp(score)
    return total / total.sum(axis=1, keepdims=True)


def run(emissions, first, transitions, labels):
    return marginals(emissions, first, transitions, rules_of(labels))


@st.composite
def chains(draw):
    labels = draw(st.sampled_from([IOB, BIOES]))
    lengths = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width = draw(st.sampled_from([0.1, 3.0, 20.0]))
    first = np.concatenate([[0], np.cumsum(lengths)])
    emissions = rng.normal(0, width, (first[-1], len(labels)))
    return emissions, first, rng.normal(0, width, (len(labels),) * 2), labels


@settings(max_examples=60, deadline=None)
@given(chains())
def test_equal_to_the_sum_over_all_paths(chain):
    emissions, first, transitions, labels = chain
    found = run(*chain)
    for a, b in itertools.pairwise(first):
        if a < b:
            right = enumerated(emissions[a:b], transitions, scheme_of(labels))
            np.testing.assert_allclose(found[a:b], right, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(chains())
def test_expected_pairs_agree_with_the_marginals(chain):
    emissions, first, transitions, labels = chain
    found, pairs = expectations(emissions, first, transitions, rules_of(labels))
    begins = first[:-1][np.diff(first) > 0]
    ends = first[1:][np.diff(first) > 0] - 1
    np.testing.assert_allclose(pairs.sum(axis=0), np.delete(found, begins, 0).sum(0), atol=1e-9)
    np.testing.assert_allclose(pairs.sum(axis=1), np.delete(found, ends, 0).sum(0), atol=1e-9)
    assert (pairs[~rules_of(labels).allowed] == 0).all()


def test_roles_the_task_does_not_tell_apart_are_summed():
    np.testing.assert_array_equal(
        merger(BIOES, IOB), [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]]
    )
    np.testing.assert_array_equal(merger(IOB, IOB), np.eye(3))
    with pytest.raises(ValueError, match="does not have"):
        merger(IOB, BIOES)


@settings(max_examples=40, deadline=None)
@given(chains())
def test_a_sentence_does_not_see_the_others(chain):
    emissions, first, transitions, labels = chain
    together = run(*chain)
    for a, b in itertools.pairwise(first):
        alone = run(emissions[a:b], np.array([0, b - a]), transitions, labels)
        np.testing.assert_allclose(together[a:b], alone, atol=1e-12)


def test_what_the_scheme_forbids_has_no_probability_and_a_finite_logarithm():
    emissions = np.array([[0.0, 0.0, 40.0], [0.0, 0.0, 40.0]])
    found = run(emissions, np.array([0, 2]), np.zeros((3, 3)), IOB)
    assert found[0, 2] == 0
    assert found[1].argmax() == 2  # B-X I-X is the way to have one I-X at least
    logs = logarithms(found, 0.5)
    assert np.isfinite(logs).all()
    assert logs[0, 2] < -25


def test_extreme_scores_neither_overflow_nor_vanish():
    rng = np.random.default_rng(0)
    emissions = rng.normal(0, 1, (3000, 5)) * 1e4
    found = run(emissions, np.array([0, 3000]), rng.normal(0, 300, (5, 5)), BIOES)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_temperature_one_changes_nothing_and_a_higher_one_flattens():
    p = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]])
    np.testing.assert_allclose(np.exp(logarithms(p, 1.0)), p, atol=1e-6)
    flat = np.exp(logarithms(p, 3.0))
    np.testing.assert_allclose(flat.sum(axis=1), 1.0, atol=1e-6)
    assert (flat.max(axis=1) < p.max(axis=1)).all()
