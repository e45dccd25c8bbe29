"""A CRF explained: log-odds of the served marginals, shares that are its features' weights."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.fitted import fitted
from conformance.samples import ODD_TEXTS, rows_of
from undercut.models.crf.explain import AFTER, BEFORE, DOCUMENT, open_explainer
from undercut.predict.predictor import load
from undercut.store import artefacts
from undercut.tasks.token_classification.words import words_of

TASK = "token-classification"


@pytest.fixture(scope="module")
def opened():
    folder = fitted(TASK, "linear")[0]
    return load(folder, threads=1), open_explainer(folder, artefacts.read_manifest(folder))


VALUES = [*rows_of(TASK, 3, 5).inputs, *[t for t in ODD_TEXTS if 0 < len(t) < 200]]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_every_words_scores_are_those_served_and_nothing_is_left_over(opened, value):
    predictor, explainer = opened
    served = predictor.score([value]).log_probs
    every = range(len(predictor.labels))
    for unit in range(len(words_of(value))):
        found = explainer.attribute(value, every, unit)
        odds, wanted = found.scores - found.scores[0], served[unit] - served[unit, 0]
        assert odds == pytest.approx(wanted, abs=2e-3)
        whole = served[unit] > max(-59.0, -29.0 / explainer._form.temperature)  # others are cut
        assert whole.any() and np.abs(found.gap[whole]).max() < 1e-6
        assert set(found.beside) == {BEFORE, AFTER, DOCUMENT}


def test_a_word_of_another_sentence_has_no_share_and_one_far_off_none(opened):
    _, explainer = opened
    value = [["Ann", "Lee", "went", "from", "here", "to", "Rome"], ["Bob", "ran"]]
    found = explainer.attribute(value, [0, 1], 0)
    words = words_of(value)
    share = [np.abs(found.shares[a:b]).sum() for a, b in zip(words.starts, words.ends, strict=True)]
    assert share[0] > 0
    assert share[4:] == [0.0] * 5  # windows are two words; the other sentence is the document's


def test_leaving_a_word_changes_the_emissions_by_what_was_read_from_it(opened):
    """With one word and no neighbours, shares and start are the table's weights, added up."""
    _, explainer = opened
    found = explainer.attribute("Rome", [0, 1], 0)
    read = explainer._read("Rome")
    columns = read.columns[0][read.columns[0] >= 0]
    emission = explainer._weight[columns].sum(0)
    tag = explainer._form.tags.index("O")
    assert found.shares[:, 0].sum() + found.start[0] == pytest.approx(
        emission[tag] / explainer._form.temperature, abs=1e-9
    )
