"""The contract of architectures that say why: shares add up to what is served, in every form."""

from __future__ import annotations

import pytest

from conformance.fitted import cells, fitted, forms
from conformance.samples import ODD_TEXTS, answers_of, rows_of
from undercut.core import plugins
from undercut.core.errors import UndercutError
from undercut.evaluation.explanation import explain_input
from undercut.pipeline.explaining import open_explainer
from undercut.pipeline.fitting import write_stack
from undercut.pipeline.references import References
from undercut.predict.predictor import load
from undercut.store import artefacts

CELLS = cells()
ABLE = [(t, m) for t, m in CELLS if plugins.get("model", plugins.way(m, t).architecture).explain]
SHORT = [t for t in ODD_TEXTS if len(t) < 200]
STACK = {
    "weights": {"probe": 0.7, "linear": 0.3},
    "temperatures": {"probe": 1.3, "linear": 0.8},
    "temperature": 0.9,
}


def opened(folder, workspace):
    predictor = load(folder, threads=1)
    return predictor, open_explainer(folder, predictor.manifest, References(folder, workspace))


def check(predictor, explainer, value, exact):
    every = explain_input(value, predictor, explainer)
    text = predictor.task.text(value)
    for found in every:
        total = found.start + sum(p.pull for p in (*found.words, *found.beside)) + found.gap
        assert total == pytest.approx(found.log_odds, abs=1e-6)
        if exact:
            assert not found.note
        assert all(text[w.begin : w.end] == w.text for w in found.words)
        assert type(found).model_validate_json(found.model_dump_json()) == found
    answers = answers_of(predictor.task.name, predictor.predict([value])[0])
    assert [(f.label, f.about) for f in every if f.about or f.begin is None] == answers or (
        not answers and len(every) <= 1
    )


@pytest.mark.parametrize(("task", "method"), ABLE)
def test_the_words_add_up_to_the_log_odds_served(task, method):
    folder, _ = fitted(task, method)
    predictor, explainer = opened(folder, folder.parent)
    assert explainer.method
    for text in [*rows_of(task, 1, 3).inputs, *SHORT]:
        check(predictor, explainer, text, exact=True)


@pytest.mark.parametrize(("task", "method"), ABLE)
def test_every_form_is_explained_through_its_reference(task, method):
    folder, _ = fitted(task, method)
    text = rows_of(task, 1, 3).inputs[0]
    for place in forms(task, method).values():
        manifest = artefacts.read_manifest(place)
        lone = References(place, folder / "nowhere")
        if manifest.format not in plugins.get("model", manifest.architecture).explain:
            with pytest.raises(UndercutError) as error:
                open_explainer(place, manifest, lone)
            assert error.value.code == "explain-reference"
            assert "--reference" in str(error.value)
        found = open_explainer(place, manifest, References(place, folder / "nowhere", folder))
        check(load(place, threads=1), found, text, exact=not manifest.compression)


@pytest.mark.parametrize(("task", "method"), [c for c in CELLS if c not in ABLE])
def test_an_architecture_that_cannot_says_so(task, method):
    folder, _ = fitted(task, method)
    with pytest.raises(UndercutError) as error:
        opened(folder, folder.parent)
    assert error.value.code == "explain-none"


@pytest.mark.parametrize("task", sorted({t for t, _ in ABLE}))
def test_a_stack_adds_up_too(task, tmp_path):
    parts = {m: fitted(task, m)[0] for m in ("probe", "linear")}
    like = artefacts.read_manifest(parts["probe"])
    write_stack(tmp_path / "stack", "probe+linear", parts, STACK, like)
    predictor, explainer = opened(tmp_path / "stack", tmp_path)
    for text in [rows_of(task, 1, 3).inputs[0], "money 退款 \x00 back", ""]:
        check(predictor, explainer, text, exact=True)


@pytest.mark.parametrize(("task", "method"), ABLE)
def test_terms_are_found_in_the_texts(task, method):
    folder, _ = fitted(task, method)
    manifest = artefacts.read_manifest(folder)
    info = plugins.get("model", manifest.architecture)
    if not info.terms:
        pytest.skip(f"{manifest.architecture} has no terms")
    texts = rows_of(task, 60, 0).inputs
    terms = plugins.attr(info.terms)(folder, manifest, texts, 6)
    assert set(terms) == set(manifest.labels)
    for found in terms.values():
        assert found
        for t in found:
            assert t.effect > 0 and 0 < t.rows <= len(texts)
            inside = sum(t.text.strip("_") in text.lower() for text in texts)
            assert inside >= t.rows, t
