"""The contract every method inherits: fit, refit, save, load, the same answers always."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.fitted import cells, fitted, job_of, write
from conformance.samples import ODD_TEXTS, is_right, rows_of
from undercut.core import plugins
from undercut.predict.predictor import load
from undercut.store import artefacts

CELLS = cells()


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_learns_something_and_says_what_it_made(task, method):
    folder, result = fitted(task, method)
    manifest = artefacts.read_manifest(folder)
    info = plugins.get("method", method)
    assert result.architecture == plugins.way(method, task).architecture
    assert result.format == plugins.get("model", result.architecture).formats[0]
    assert 0 < result.trainable_parameters <= result.total_parameters
    assert (result.base is not None) == info.needs_base
    rows = rows_of(task, 60, 0)
    predictor = load(folder, threads=1)
    answers = predictor.predict(rows.inputs)
    right = [is_right(task, a, t) for a, t in zip(answers, rows.targets, strict=True)]
    kind = plugins.attr(plugins.get("task", task).load)()
    scores = predictor.score(rows.inputs).log_probs
    assert kind.judge(scores, rows, manifest.labels).right.tolist() == right
    floor = 0.3 if method == "dummy" else 0.8
    assert np.mean(right) >= floor


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_probabilities_are_probabilities_whatever_the_text(task, method):
    predictor = load(fitted(task, method)[0], threads=1)
    scored = predictor.score(ODD_TEXTS)
    assert scored.log_probs.shape == (len(ODD_TEXTS), len(predictor.labels))
    assert scored.log_probs.dtype == np.float32
    assert np.isfinite(scored.log_probs).all()
    np.testing.assert_allclose(np.exp(scored.log_probs).sum(axis=1), 1.0, atol=1e-4)
    assert len(scored.truncated) == len(ODD_TEXTS)
    assert predictor.predict([]) == []


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_answers_do_not_depend_on_the_batch(task, method):
    predictor = load(fitted(task, method)[0], threads=1)
    texts = [*rows_of(task, 24, 5).inputs, *ODD_TEXTS]
    together = predictor.score(texts).log_probs
    alone = np.concatenate([predictor.score([t]).log_probs for t in texts])
    backwards = predictor.score(texts[::-1]).log_probs[::-1]
    np.testing.assert_allclose(np.exp(together), np.exp(alone), atol=2e-3)
    np.testing.assert_allclose(np.exp(together), np.exp(backwards), atol=2e-3)


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_answers_do_not_depend_on_padding(task, method):
    predictor = load(fitted(task, method)[0], threads=1)
    leaf, texts = predictor._scorer, [*rows_of(task, 24, 5).inputs, *ODD_TEXTS]
    prepared = leaf.frontend.prepare(texts)
    every = np.arange(len(prepared.sizes))
    outputs = leaf.wide.run(leaf.frontend.collate(prepared, every))
    together = leaf.frontend.finish(outputs, prepared, every)
    alone = np.concatenate([predictor.score([t]).log_probs for t in texts])
    np.testing.assert_allclose(np.exp(together), np.exp(alone), atol=2e-3)


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_predictions_survive_json(task, method):
    predictor = load(fitted(task, method)[0], threads=1)
    for answer in predictor.predict(ODD_TEXTS):
        assert type(answer).model_validate_json(answer.model_dump_json()) == answer


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_the_same_seed_makes_the_same_artefact(task, method, tmp_path):
    folder, _ = fitted(task, method)
    job = job_of(task, method, tmp_path / "out")
    again = plugins.attr(plugins.way(method, task).fit)(job)
    write(tmp_path / "again", task, method, again, job)
    texts = rows_of(task, 24, 5).inputs
    first, second = load(folder, threads=1), load(tmp_path / "again", threads=1)
    np.testing.assert_array_equal(first.score(texts).log_probs, second.score(texts).log_probs)
    assert first.hash == second.hash


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_a_refit_reuses_the_choices_and_needs_no_validation_rows(task, method, tmp_path):
    _, result = fitted(task, method)
    rows = rows_of(task, 90, 0)
    job = job_of(task, method, tmp_path / "out", train=rows, valid=None, fixed=result.choices)
    again = plugins.attr(plugins.way(method, task).fit)(job)
    assert again.choices == result.choices
    write(tmp_path / "refit", task, method, again, job)
    assert len(load(tmp_path / "refit", threads=1).predict(rows.inputs)) == 90


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_estimates_a_positive_cost_and_writes_nothing(task, method, tmp_path):
    job = job_of(task, method, tmp_path / "out")
    estimate = plugins.attr(plugins.way(method, task).estimate)(job)
    assert 0 < estimate.cpu_seconds < 600
    assert estimate.basis
    assert not list(job.out.iterdir())


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_a_label_nobody_trained_on_keeps_its_place(task, method, tmp_path):
    job = job_of(task, method, tmp_path / "out")
    labels = ("aaa-unseen", *job.labels)
    job = job_of(task, method, tmp_path / "out", labels=labels)
    result = plugins.attr(plugins.way(method, task).fit)(job)
    manifest = write(tmp_path / "artefact", task, method, result, job)
    assert manifest.labels == labels
    rows = rows_of(task, 30, 0)
    answers = {p.label for p in load(tmp_path / "artefact", threads=1).predict(rows.inputs)}
    assert "aaa-unseen" not in answers


@pytest.mark.parametrize(("task", "method"), CELLS)
def test_options_refuse_what_they_do_not_know(task, method):
    model = plugins.attr(plugins.way(method, task).options)
    assert model.model_config["extra"] == "forbid"
    assert model.model_config["frozen"]
    for name, field in model.model_fields.items():
        assert field.description, f"{method}.{name} has no description"
