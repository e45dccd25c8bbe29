"""A tagger explained: complete, as served, pieces laid on their own words, window by window."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.fitted import fitted
from undercut.models.encoder.gradients import TOLERANCE
from undercut.models.tagger.explain import open_explainer
from undercut.predict.predictor import load
from undercut.store import artefacts
from undercut.tasks.token_classification.words import words_of

TASK = "token-classification"


@pytest.fixture(scope="module")
def opened():
    folder = fitted(TASK, "full")[0]
    return load(folder, threads=1), open_explainer(folder, artefacts.read_manifest(folder))


@pytest.mark.parametrize(
    ("value", "unit"),
    [("Ann went to Rome", 0), ("Ann went to Rome", 3), ([["Bob", "ran"], ["in", "Oslo"]], 3),
     ("王明在北京", 3)],
)  # fmt: skip
def test_shares_are_complete_and_scores_are_those_served(opened, value, unit):
    predictor, explainer = opened
    served = predictor.score([value]).log_probs[unit]
    found = explainer.attribute(value, [0, 1, 2], unit)
    assert found.scores - found.scores[0] == pytest.approx(served[:3] - served[0], abs=1e-3)
    change = found.scores - found.start
    assert (np.abs(found.gap) <= TOLERANCE * np.maximum(np.abs(change), 1.0)).all()
    text = words_of(value).text
    blank = [i for i, c in enumerate(text) if c.isspace()]
    assert np.abs(found.shares[blank]).sum() == 0


def test_words_of_other_windows_have_no_share(opened):
    predictor, explainer = opened
    long = [["word"] * 60, ["Rome", "fell"], ["other"] * 60, ["late"] * 60]
    unit = 60
    prepared = explainer._frontend.prepare([long])
    window = next(p for p in prepared.places if unit in p)
    found = explainer.attribute(long, [0, 1], unit)
    words = words_of(long)
    share = np.array([np.abs(found.shares[a:b]).sum()
                      for a, b in zip(words.starts, words.ends, strict=True)])  # fmt: skip
    assert share[unit] > 0
    outside = np.setdiff1d(np.arange(len(words)), window)
    assert len(outside) and share[outside].sum() == 0
    served = predictor.score([long]).log_probs[unit]
    assert found.scores[1] - found.scores[0] == pytest.approx(served[1] - served[0], abs=1e-3)
