"""Probe, partial and full as taggers on a tiny base: learning, refits, serving, estimates."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.fitted import fitted, job_of, write
from conformance.samples import rows_of
from undercut.core import plugins
from undercut.predict.predictor import load

TASK = "token-classification"
METHODS = ("probe", "partial", "full")


@pytest.mark.parametrize("method", METHODS)
def test_it_finds_most_entities_of_rows_it_has_not_seen(method):
    folder, result = fitted(TASK, method)
    predictor, rows = load(folder, threads=1), rows_of(TASK, 60, 7)
    task = predictor.task
    judged = task.judge(predictor.score(rows.inputs).log_probs, rows, predictor.labels)
    assert judged.quality.value > 0.8
    assert result.architecture == plugins.way(method, TASK).architecture == "tagger"
    assert 0 < result.trainable_parameters <= result.total_parameters


@pytest.mark.parametrize("method", METHODS)
def test_a_refit_on_the_same_rows_is_the_same_model(method, tmp_path):
    folder, result = fitted(TASK, method)
    job = job_of(TASK, method, tmp_path / "out", valid=None, fixed=result.choices)
    again = plugins.attr(plugins.way(method, TASK).fit)(job)
    assert again.choices == result.choices
    write(tmp_path / "m", TASK, method, again, job)
    inputs = rows_of(TASK, 30, 5).inputs
    one, two = (load(f, threads=1).score(inputs).log_probs for f in (folder, tmp_path / "m"))
    np.testing.assert_allclose(np.exp(one), np.exp(two), atol=5e-3)


@pytest.mark.parametrize("method", METHODS)
def test_answers_do_not_depend_on_the_batch(method):
    predictor = load(fitted(TASK, method)[0], threads=2)
    inputs = rows_of(TASK, 24, 5).inputs
    together = predictor.score(inputs).log_probs
    alone = np.concatenate([predictor.score([x]).log_probs for x in inputs])
    np.testing.assert_allclose(np.exp(together), np.exp(alone), atol=2e-3)


@pytest.mark.parametrize("method", METHODS)
def test_it_estimates_a_cost_and_writes_nothing(method, tmp_path):
    job = job_of(TASK, method, tmp_path / "out")
    estimate = plugins.attr(plugins.way(method, TASK).estimate)(job)
    assert 0 < estimate.cpu_seconds < 600
    assert estimate.basis
    assert not list(job.out.iterdir())


def test_nothing_is_read_and_nothing_is_answered():
    predictor = load(fitted(TASK, "probe")[0], threads=1)
    assert [a.entities for a in predictor.predict(["", [], "   "])] == [[], [], []]
