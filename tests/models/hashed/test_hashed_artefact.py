"""The hashed model's file and front end: checked on reading, exact, whatever the text."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from undercut.backends.numpy import session
from undercut.core.errors import IntegrityError, UndercutError
from undercut.models.hashed import files
from undercut.models.hashed.explain import HashedExplainer
from undercut.models.hashed.frontend import joined, open_frontend
from undercut.models.hashed.rows import count
from undercut.models.linear.files import Table, quantise
from undercut.models.linear.ngrams import NgramSpec, hashed
from undercut.models.linear.text import fold

TEXTS = ["card lost", "CARD found", "退款 没到", "", "hello there, hello"]
SPEC = NgramSpec(bits=10)
RNG = np.random.default_rng(0)
TABLE = quantise(RNG.normal(size=(SPEC.buckets, 3)), RNG.normal(size=3))
ANY = st.text(st.characters(codec=None), max_size=40)


@pytest.fixture
def saved(tmp_path):
    """A random model of three classes on disk."""
    files.write(tmp_path, TABLE)
    config = {"ngrams": SPEC.as_json(), "temperature": 0.5}
    manifest = SimpleNamespace(format="hashed", labels=("a", "b", "c"), config=config)
    return SimpleNamespace(folder=tmp_path, manifest=manifest)


def margins(model, texts, index=None):
    frontend = open_frontend(model.folder, model.manifest)
    prepared = frontend.prepare(texts)
    index = range(len(texts)) if index is None else index
    return session.load(model.folder, model.manifest, 1).run(frontend.collate(prepared, index))


def test_margins_are_means_of_table_rows_over_the_root_of_their_number(saved):
    found = margins(saved, TEXTS)
    for i, text in enumerate(TEXTS):
        _, buckets = hashed([text], SPEC)
        sums = TABLE.weight[buckets].astype(np.int64).sum(axis=0)
        expected = sums * TABLE.scale / np.sqrt(max(len(buckets), 1)) + TABLE.bias
        np.testing.assert_allclose(found[i], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found[3], TABLE.bias)


def test_rows_come_in_the_order_asked(saved):
    whole = margins(saved, TEXTS)
    for index in ([3, 1], [1, 2], [4], []):
        np.testing.assert_array_equal(margins(saved, TEXTS, index), whole[index])


def test_probabilities_are_the_softmax_at_the_temperature(saved):
    frontend = open_frontend(saved.folder, saved.manifest)
    raw = margins(saved, TEXTS).astype(np.float64)
    p = np.exp(frontend.finish(raw.astype(np.float32), frontend.prepare(TEXTS), range(len(raw))))
    assert p.dtype == np.float32
    expected = np.exp(raw / 0.5) / np.exp(raw / 0.5).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(p, expected, rtol=1e-5)


@settings(max_examples=200)
@given(st.lists(ANY, max_size=6))
def test_texts_are_folded_each_by_itself(texts):
    expected = "".join(fold(t.replace("\0", " ")) + "\0" for t in texts)
    assert joined(texts) == expected


def test_an_input_that_is_no_text_is_named(saved):
    frontend = open_frontend(saved.folder, saved.manifest)
    with pytest.raises(UndercutError, match=r"input 1.*found int"):
        frontend.prepare(["a", 3])


@settings(max_examples=100)
@given(ANY)
def test_shares_add_up_to_the_score(text):
    found = HashedExplainer(SPEC, TABLE, 0.5).attribute(text, [2, 0])
    counts = count([text], SPEC)
    margin = counts.rows @ (TABLE.weight[counts.used] * TABLE.scale.astype(np.float64))
    expected = (margin + TABLE.bias)[0, [2, 0]] / 0.5
    np.testing.assert_allclose(found.scores, expected, atol=1e-9)
    assert np.abs(found.gap).max() < 1e-9


@pytest.mark.parametrize("harm", ["torn", "shape", "kind", "ngrams", "gone"])
def test_a_file_that_is_not_what_the_manifest_says_is_refused(saved, harm):
    path = saved.folder / files.FILE
    if harm == "torn":
        path.write_bytes(path.read_bytes()[:-5])
    elif harm == "gone":
        path.unlink()
    elif harm == "ngrams":
        saved.manifest.config["ngrams"] = {"words": 2, "unknown": 1}
    else:
        tensors = load_file(path)
        weight = tensors["weight"]
        tensors["weight"] = weight[:-1] if harm == "shape" else weight.astype(np.int16)
        save_file(tensors, path)
    with pytest.raises(IntegrityError) as error:
        session.load(saved.folder, saved.manifest, 1)
    assert error.value.code == "hashed-file"


@pytest.mark.parametrize("temperature", [None, 0, -1.0, "1"])
def test_a_temperature_that_is_none_is_refused(saved, temperature):
    saved.manifest.config["temperature"] = temperature
    with pytest.raises(IntegrityError) as error:
        open_frontend(saved.folder, saved.manifest)
    assert error.value.code == "hashed-config"


def test_a_sum_beyond_16_bits_is_exact(saved):
    full = Table(np.full((SPEC.buckets, 3), 127, np.int8), np.ones(3, np.float32), np.zeros(3))
    files.write(saved.folder, Table(full.weight, full.scale, full.bias.astype(np.float32)))
    text = "word " * 3000
    n = len(hashed([text], SPEC)[1])
    assert n * 127 > 2**15
    np.testing.assert_allclose(margins(saved, [text])[0], 127 * np.sqrt(n), rtol=1e-6)
