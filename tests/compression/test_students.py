"""Cheap students: what they are taught, that they learn it, and what they cannot be made of."""

from __future__ import annotations

import random

import numpy as np
import pytest

pytest.importorskip("torch")

from conformance.fitted import fitted
from conformance.samples import ODD_TEXTS, rows_of
from undercut.compression.distil_static.compress import encoder_of
from undercut.compression.made_up import made_up
from undercut.compression.students import lessons
from undercut.core import plugins
from undercut.core.errors import UndercutError
from undercut.core.shrinking import ShrinkJob
from undercut.core.types import Examples
from undercut.pipeline.fitting import write_stack
from undercut.pipeline.forms import Material, shrink
from undercut.predict.predictor import load
from undercut.store import artefacts
from undercut.training.bags import Bags, Pace, train_bags

TASK = "text-classification"
ROWS, VALID = rows_of(TASK, 60, 0), rows_of(TASK, 30, 1)
STACK = {
    "weights": {"probe": 0.6, "linear": 0.4},
    "temperatures": {"probe": 1.0, "linear": 1.0},
    "temperature": 1.0,
}


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """A stack of a probe and a linear model."""
    folder = tmp_path_factory.mktemp("students") / "stack"
    parts = {m: fitted(TASK, m)[0] for m in ("probe", "linear")}
    write_stack(folder, "probe+linear", parts, STACK, artefacts.read_manifest(parts["probe"]))
    return folder


def student(teacher, out, compressor, valid=VALID, **options):
    info = plugins.get("compressor", compressor)
    made = plugins.attr(info.options)(**options)
    return shrink(teacher, out, compressor, compressor, made, Material(rows=ROWS, valid=valid))


@pytest.mark.parametrize("compressor", ["distil-hashed", "distil-static"])
def test_a_student_of_a_stack_is_an_artefact_that_answers_like_it(teacher, tmp_path, compressor):
    manifest = student(teacher, tmp_path / "a", compressor, batch=8, epochs=8)
    whole = artefacts.read_manifest(teacher)
    assert manifest.labels == whole.labels
    assert manifest.parent == artefacts.hash_of(whole)
    assert (manifest.compression, manifest.children) == (compressor, ())
    texts = [*rows_of(TASK, 60, 3).inputs, *ODD_TEXTS]
    found, expected = (load(f, threads=1).score(texts).log_probs for f in (tmp_path / "a", teacher))
    assert np.isfinite(found).all()
    assert (found[:60].argmax(1) == expected[:60].argmax(1)).mean() >= 0.9
    again = student(teacher, tmp_path / "b", compressor, batch=8, epochs=8)
    assert artefacts.hash_of(again) == artefacts.hash_of(manifest)


def test_without_rows_to_choose_on_some_are_held_back(teacher):
    job = ShrinkJob(teacher, artefacts.read_manifest(teacher), teacher, None, rows=ROWS)
    taught = lessons(job, 0.0, 0.0)
    assert len(taught.held) == 6 and len(taught.texts) == 54
    assert sorted([*taught.held, *taught.texts]) == sorted(ROWS.inputs)
    assert len(taught.held_classes) == 6


def test_targets_are_the_label_and_the_teacher_in_proportion(teacher):
    job = ShrinkJob(teacher, artefacts.read_manifest(teacher), teacher, None, ROWS, VALID)
    job.unlabelled = ["退款 please"]
    hard, mixed, soft = (lessons(job, t, 0.5) for t in (0.0, 0.25, 1.0))
    n = len(ROWS)
    np.testing.assert_allclose(mixed.targets[:n], 0.75 * hard.targets[:n] + 0.25 * soft.targets[:n])
    assert set(np.unique(hard.targets[:n])) == {0.0, 1.0}
    assert hard.texts[n] == "退款 please" and len(hard.texts) == n + 1 + n // 2
    p = np.exp(load(teacher, threads=1).score(hard.texts[n:]).log_probs)
    np.testing.assert_allclose(hard.targets[n:], p, atol=1e-5)
    np.testing.assert_allclose(mixed.targets.sum(axis=1), 1, atol=1e-5)
    assert mixed.held == list(VALID.inputs) and mixed.held_targets.shape == (len(VALID), 3)


def test_the_student_served_has_seen_all_rows_the_one_of_the_temperature_has_not(teacher):
    job = ShrinkJob(teacher, artefacts.read_manifest(teacher), teacher, None, ROWS, VALID)
    taught = lessons(job, 0.0, 0.0)
    seen = []

    def teach(texts, targets):
        seen.append((texts, targets))
        return len(seen)

    right = np.eye(3)[taught.held_classes]
    assert taught.learn(teach, lambda which, texts: right if which == 1 else None)[0] == 2
    assert [t for t, _ in seen] == [list(ROWS.inputs), [*ROWS.inputs, *VALID.inputs]]
    assert [len(y) for _, y in seen] == [60, 90]


def test_no_rows_no_student(teacher, tmp_path):
    for rows in (None, Examples([], [], [])):
        job = ShrinkJob(teacher, artefacts.read_manifest(teacher), tmp_path, None, rows=rows)
        with pytest.raises(UndercutError, match="training rows"):
            lessons(job, 0.4, 1.0)


def test_static_needs_an_encoder():
    folder, _ = fitted(TASK, "linear")
    with pytest.raises(UndercutError) as error:
        encoder_of(folder, artefacts.read_manifest(folder))
    assert error.value.code == "static-encoder"


def test_texts_are_made_of_pieces_of_others():
    texts = ["a b c d e f", "g h i j", "我要退款", "x"]
    made = made_up(texts, 200, 0)
    assert made == made_up(texts, 200, 0) != made_up(texts, 200, 1)
    assert len(made) == 200 and all(made)
    assert made_up([], 5, 0) == []
    letters = set("".join(texts))
    assert all(set(t) <= letters for t in made)
    assert any("a b" in t and "i j" in t for t in made)
    assert any("我" in t and "款" not in t for t in made)


def test_bags_are_cut_as_the_texts_are():
    rng = random.Random(0)
    rows = [[rng.randrange(9) for _ in range(rng.randrange(5))] for _ in range(20)]
    first = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
    flat = [i for row in rows for i in row]
    bags = Bags(np.array(flat, np.int64), first, np.arange(20, dtype=np.float32))
    ids, start, weight = bags.batch(np.array([3, 0, 19]))
    assert ids.tolist() == rows[3] + rows[0] + rows[19]
    assert start.tolist() == [0, len(rows[3]), len(rows[3]) + len(rows[0])]
    expected = [3.0] * len(rows[3]) + [0.0] * len(rows[0]) + [19.0] * len(rows[19])
    assert weight.tolist() == expected


def test_bags_learn_a_table_that_gives_the_targets():
    # Two ids, each telling of one class; a third of neither.
    ids, first = np.array([0, 2, 1, 2] * 20, np.int64), np.arange(0, 81, 2)
    bags = Bags(ids, first, np.full(40, 2**-0.5, np.float32))
    targets = np.tile(np.array([[0.9, 0.1], [0.2, 0.8]], np.float32), (20, 1))
    vectors = np.random.default_rng(0).normal(0, 0.1, (5, 8))
    vectors[3] = 0  # an id that no text has
    table, bias = train_bags(bags, targets, vectors, Pace(80, 10, 0.02, 0.0), 0)
    z = np.stack([table[0] + table[2], table[1] + table[2]]) * 2**-0.5 + bias
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(p, targets[:2], atol=0.03)
    assert not table[3].any() and table[4].any()
