"""The vector of a text: what the head reads, the same on every runtime."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from conformance.fitted import fitted, forms
from conformance.samples import rows_of
from undercut.core.errors import UndercutError
from undercut.models.composite.stack import StackScorer
from undercut.models.encoder.frontend import log_softmax
from undercut.predict.predictor import Predictor, load

TASK = "text-classification"
TEXTS = [*rows_of(TASK, 12, 5).inputs, "我的包裹在哪里", "x" * 600]


@pytest.fixture(scope="module")
def exact() -> Predictor:
    return load(fitted(TASK, "probe")[0], threads=1)


@pytest.fixture(scope="module")
def vectors(exact) -> np.ndarray:
    return exact.embed(TEXTS)


def test_it_is_what_the_head_reads(exact, vectors):
    head, config = load_file(exact.folder / "head.safetensors"), exact.manifest.config
    logits = config["scale"] * vectors @ head["weight"].T + head["bias"]
    scores = exact.score(TEXTS).log_probs
    found = log_softmax(logits, config.get("temperature", 1.0))
    np.testing.assert_allclose(found, scores, atol=1e-4)


def test_rows_have_length_one_and_their_place_does_not_matter(exact, vectors):
    assert vectors.dtype == np.float32 and vectors.shape == (len(TEXTS), 32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(exact.embed(TEXTS[::-1])[::-1], vectors, atol=1e-5)
    np.testing.assert_allclose(exact.embed(TEXTS[:1])[0], vectors[0], atol=1e-5)
    assert len(exact.embed([])) == 0


@pytest.mark.parametrize(
    ("form", "backend", "least"),
    [("onnx", "onnxruntime", 0.99999), ("onnx", "openvino", 0.99999), ("quantise", None, 0.999)],
)
def test_every_form_and_runtime_gives_it(vectors, form, backend, least):
    found = load(forms(TASK, "probe")[form], backend, threads=1).embed(TEXTS)
    assert (found * vectors).sum(1).min() > least


def test_a_model_without_one_says_so():
    words = load(fitted(TASK, "linear")[0], threads=1)
    assert not words.embeds
    with pytest.raises(UndercutError) as error:
        words.embed(["a"])
    assert error.value.code == "vector-none" and "linear" in str(error.value)


def test_a_stack_gives_its_encoders(exact, vectors):
    words = load(fitted(TASK, "linear")[0], threads=1)
    parts = {"linear": words._scorer, "probe": exact._scorer}
    stack = Predictor(exact.folder, exact.manifest, StackScorer(parts, {}), 1)
    assert stack.embeds
    np.testing.assert_allclose(stack.embed(TEXTS), vectors, atol=1e-6)
