"""The linear model's file: eight bits, checked on reading, and what is served from it."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import load_file, save_file

from undercut.backends.numpy import session
from undercut.core.errors import IntegrityError, UndercutError
from undercut.models.linear import files
from undercut.models.linear.frontend import log_probabilities, open_frontend
from undercut.models.linear.ngrams import NgramSpec
from undercut.models.linear.tfidf import fit_features

TEXTS = ["card lost", "card found", "退款 没到", "hello there"]
SPEC = NgramSpec(bits=14)


@pytest.fixture
def saved(tmp_path):
    """A random model of three classes on disk, with its float weights."""
    features, rows = fit_features(TEXTS, SPEC, 1)
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(len(features.kept), 3)), rng.normal(size=3)
    files.write(tmp_path, features, files.quantise(weight, bias))
    manifest = SimpleNamespace(
        format="csr", labels=("a", "b", "c"), config={"ngrams": SPEC.as_json(), "temperature": 0.5}
    )
    return SimpleNamespace(folder=tmp_path, manifest=manifest, rows=rows, weight=weight, bias=bias)


def answers(model):
    frontend = open_frontend(model.folder, model.manifest)
    runtime = session.load(model.folder, model.manifest, 1)
    prepared = frontend.prepare(TEXTS)
    return runtime.run(frontend.collate(prepared, range(len(TEXTS)))), frontend


def test_margins_from_the_file_are_rows_times_weights(saved):
    found, _ = answers(saved)
    expected = saved.rows @ saved.weight + saved.bias
    # A weight is off by at most half a step, and a row of length 1 sums at most sqrt(nnz) of them.
    step = np.abs(saved.weight).max(axis=0) / 127
    bound = step / 2 * np.sqrt(np.diff(saved.rows.indptr))[:, None]
    assert (np.abs(found - expected) <= bound + 1e-5).all()


def test_probabilities_are_the_softmax_at_the_temperature(saved):
    margins, frontend = answers(saved)
    p = np.exp(frontend.finish(margins, frontend.prepare([""] * len(margins)), range(len(margins))))
    assert p.dtype == np.float32
    expected = np.exp(margins / 0.5) / np.exp(margins / 0.5).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(p, expected, rtol=1e-5)


def test_collate_takes_rows_in_the_order_asked(saved):
    frontend = open_frontend(saved.folder, saved.manifest)
    runtime = session.load(saved.folder, saved.manifest, 1)
    prepared = frontend.prepare(TEXTS)
    whole = runtime.run(frontend.collate(prepared, range(4)))
    part = runtime.run(frontend.collate(prepared, [3, 1]))
    np.testing.assert_array_equal(part, whole[[3, 1]])
    assert list(prepared.sizes) == np.maximum(np.diff(saved.rows.indptr), 1).tolist()


def test_an_input_that_is_no_text_is_named(saved):
    frontend = open_frontend(saved.folder, saved.manifest)
    with pytest.raises(UndercutError, match=r"input 1.*found int"):
        frontend.prepare(["a", 3])


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, (5, 3), elements=st.floats(-1e3, 1e3).map(lambda x: round(x, 6))))
def test_quantising_moves_no_weight_by_more_than_half_a_step(weight):
    table = files.quantise(weight, np.zeros(3))
    back = table.weight * table.scale.astype(np.float64)
    assert (np.abs(back - weight) <= table.scale * 0.5001).all()


@settings(max_examples=50, deadline=None)
@given(arrays(np.float32, (4, 3), elements=st.floats(-1e4, 1e4, width=32)), st.floats(0.05, 50))
def test_log_probabilities_sum_to_one_and_keep_the_order(margins, temperature):
    found = log_probabilities(margins, temperature)
    np.testing.assert_allclose(np.exp(found.astype(np.float64)).sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found.max(axis=1), found[np.arange(4), margins.argmax(axis=1)])


def damage(folder, change):
    path = folder / files.FILE
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


DAMAGES = {
    "a missing tensor": lambda t: t.pop("idf"),
    "a class too few": lambda t: t.update(weight=np.ascontiguousarray(t["weight"][:, :2])),
    "float weights": lambda t: t.update(weight=t["weight"].astype(np.float32)),
    "columns out of order": lambda t: t.update(kept=t["kept"][::-1].copy()),
    "a column beyond the buckets": lambda t: t["kept"].__setitem__(-1, 1 << 14),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_file_that_is_not_the_manifests_is_refused(saved, kind):
    damage(saved.folder, DAMAGES[kind])
    with pytest.raises(IntegrityError, match="linear model's weights"):
        open_frontend(saved.folder, saved.manifest)


def test_a_torn_or_missing_file_is_refused(saved):
    path = saved.folder / files.FILE
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(IntegrityError):
        open_frontend(saved.folder, saved.manifest)
    path.unlink()
    with pytest.raises(IntegrityError):
        session.load(saved.folder, saved.manifest, 1)


@pytest.mark.parametrize("temperature", [None, 0, -1.0, "hot"])
def test_a_bad_temperature_is_refused(saved, temperature):
    saved.manifest.config["temperature"] = temperature
    with pytest.raises(IntegrityError, match="temperature above 0"):
        open_frontend(saved.folder, saved.manifest)


def test_predicting_needs_neither_torch_nor_scikit_learn():
    code = (
        "import sys\n"
        "import undercut.models.linear.frontend, undercut.backends.numpy.session\n"
        "print([m for m in ('torch', 'sklearn', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
