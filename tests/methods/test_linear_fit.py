"""The linear method: what it learns, chooses, repeats, refuses and expects to cost."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
from pydantic import ValidationError

from undercut.backends.numpy.session import load
from undercut.core.contracts import FitJob
from undercut.core.errors import UndercutError
from undercut.core.types import Examples, Manifest
from undercut.methods.linear import fit as linear
from undercut.methods.linear.options import LinearOptions
from undercut.models.linear.files import FILE
from undercut.models.linear.frontend import open_frontend
from undercut.tasks.text_classification.task import TextClassification

TASK = TextClassification()
ENGLISH = ["card", "rate", "transfer", "refund", "login", "fee"]
CHINESE = ["快递", "退款", "密码", "发票", "会员", "投诉"]


def rows_of(n, classes, seed, words=ENGLISH, noise=0.0):
    """Texts of filler with one telling word, or number of it, each."""
    rng = random.Random(seed)
    labels = [f"{words[k % len(words)]}{k // len(words) or ''}" for k in range(classes)]
    filler = (
        ["请问", "我的", "怎么", "还没", "了吗"]
        if words is CHINESE
        else ["please", "my", "the", "is"]
    )
    texts, targets = [], []
    for i in range(n):
        label = labels[i % classes]
        parts = rng.choices(filler, k=4)
        parts.insert(rng.randrange(5), label)
        texts.append(("" if words is CHINESE else " ").join(parts))
        targets.append(rng.choice(labels) if rng.random() < noise else label)
    return Examples(texts, targets, [f"made:{i}" for i in range(n)])


def job_of(folder, train, valid, options=None, fixed=None, labels=None, **more):
    folder.mkdir(exist_ok=True)
    return FitJob(
        task=TASK,
        labels=labels or TASK.label_space(train.targets),
        train=train,
        valid=valid,
        options=options or LinearOptions(),
        seed=0,
        threads=1,
        base="",
        out=folder,
        cache=folder,
        fixed=fixed or {},
        **more,
    )


def scores(job, fitted, texts):
    manifest = Manifest(
        name="t",
        task=TASK.name,
        architecture="linear",
        format="csr",
        labels=job.labels,
        config=fitted.config,
    )
    frontend = open_frontend(job.out, manifest)
    prepared = frontend.prepare(texts)
    session = load(job.out, manifest, 1)
    every = range(len(texts))
    return frontend.finish(session.run(frontend.collate(prepared, every)), prepared, every)


def accuracy(job, fitted, rows):
    return TASK.judge(scores(job, fitted, rows.inputs), rows, job.labels).right.mean()


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["english", "chinese"])
@pytest.mark.parametrize("classes", [2, 3, 24], ids=["two", "three", "many"])
def test_learns_the_telling_word(tmp_path, classes, words):
    train, valid = rows_of(12 * classes, classes, 0, words), rows_of(4 * classes, classes, 1, words)
    job = job_of(tmp_path / "out", train, valid)
    fitted = linear.fit(job)
    assert accuracy(job, fitted, rows_of(4 * classes, classes, 2, words)) >= 0.97
    assert [p.name for p in job.out.iterdir()] == [FILE]
    assert linear._kind(classes) == ("crammer_singer" if classes == 24 else "ovr")


def test_chooses_the_c_of_least_validation_log_loss(tmp_path):
    train, valid = rows_of(200, 4, 0, noise=0.3), rows_of(100, 4, 1, noise=0.3)
    options = LinearOptions(c=(0.001, 0.05, 5.0))
    fitted = linear.fit(job_of(tmp_path / "out", train, valid, options))
    losses = {x["c"]: x["log_loss"] for x in fitted.curve}
    assert set(losses) == {0.001, 0.05, 5.0}
    assert fitted.choices["c"] == min(losses, key=losses.get)
    assert len(set(losses.values())) == 3


def test_probabilities_are_calibrated_where_labels_are_noisy(tmp_path):
    train, valid = rows_of(600, 3, 0, noise=0.3), rows_of(600, 3, 1, noise=0.3)
    job = job_of(tmp_path / "out", train, valid)
    fitted = linear.fit(job)
    fresh = rows_of(600, 3, 2, noise=0.3)
    p = np.exp(scores(job, fitted, fresh.inputs)).max(axis=1)
    right = TASK.judge(scores(job, fitted, fresh.inputs), fresh, job.labels).right
    assert 0.7 < right.mean() < 0.9
    assert abs(p.mean() - right.mean()) < 0.05


def test_a_refit_repeats_the_choices_on_all_rows(tmp_path):
    train, valid = rows_of(120, 3, 0), rows_of(30, 3, 1)
    first = linear.fit(job_of(tmp_path / "a", train, valid, LinearOptions(c=(0.2, 0.7))))
    job = job_of(tmp_path / "b", train.plus(valid), None, fixed=first.choices)
    again = linear.fit(job)
    assert again.choices == first.choices
    assert again.curve == ()
    assert again.config["temperature"] == first.config["temperature"]
    assert accuracy(job, again, valid) == 1


def test_the_same_job_gives_the_same_file(tmp_path):
    train, valid = rows_of(240, 24, 0), rows_of(48, 24, 1)
    for name in ("a", "b"):
        linear.fit(job_of(tmp_path / name, train, valid))
    assert (tmp_path / "a" / FILE).read_bytes() == (tmp_path / "b" / FILE).read_bytes()


@pytest.mark.parametrize("classes", [2, 3, 24])
def test_a_label_without_rows_keeps_its_column_and_is_not_answered(tmp_path, classes):
    train, valid = rows_of(12 * classes, classes, 0), rows_of(2 * classes, classes, 1)
    labels = ("aaa", *TASK.label_space(train.targets), "zzz")
    job = job_of(tmp_path / "out", train, valid, labels=labels)
    found = scores(job, linear.fit(job), [*valid.inputs, "", "未知", "unknown words"])
    assert found.shape == (len(valid) + 3, classes + 2)
    assert not set(found.argmax(axis=1)) & {0, classes + 1}


def test_fewer_columns_than_rows_are_learnt_as_well(tmp_path):
    """Where scikit-learn would turn to the primal solver, whose tolerance means another thing."""
    train, valid = rows_of(960, 24, 0), rows_of(96, 24, 1)
    job = job_of(tmp_path / "out", train, valid, LinearOptions(words=1, char_max=0))
    fitted = linear.fit(job)
    assert fitted.trainable_parameters / 24 < len(train)
    assert accuracy(job, fitted, valid) >= 0.97


def test_balanced_weights_raise_the_recall_of_a_rare_class(tmp_path):
    def rows(n, seed):
        """A cue in 80 % of the rare tenth and 20 % of the rest: three of ten cues are rare."""
        rng = random.Random(seed)
        targets = ["rare" if i % 10 == 0 else "usual" for i in range(n)]
        cues = [rng.random() < (0.8 if t == "rare" else 0.2) for t in targets]
        texts = [f"{'broken' if cue else 'good'} text {rng.randrange(9)}" for cue in cues]
        return Examples(texts, targets, [""] * n)

    recall = {}
    for weight in ("none", "balanced"):
        train, valid = rows(600, 1), rows(400, 2)
        job = job_of(tmp_path / weight, train, valid, LinearOptions(class_weight=weight))
        answers = scores(job, linear.fit(job), valid.inputs).argmax(axis=1)
        y = TASK.encode(valid, job.labels)
        recall[weight] = (answers[y == 0] == 0).mean()
    assert recall["none"] < 0.3
    assert recall["balanced"] > 0.6


def test_refuses_what_it_cannot_learn_from(tmp_path):
    train = rows_of(20, 1, 0)
    with pytest.raises(UndercutError, match="at least two classes"):
        linear.fit(job_of(tmp_path / "a", train, train, labels=("card", "rate")))
    with pytest.raises(UndercutError, match="validation rows, or the choices"):
        linear.fit(job_of(tmp_path / "b", rows_of(20, 2, 0), None))


@pytest.mark.parametrize(
    "options",
    [
        {"c": (0.0,)},
        {"c": (float("inf"),)},
        {"words": 0, "char_max": 0},
        {"bits": 40},
        {"class_weight": "heavy"},
        {"unknown": 1},
    ],
)
def test_bad_options_are_refused(options):
    with pytest.raises(ValidationError):
        LinearOptions(**options)


def test_a_deadline_stops_after_the_fit_under_way(tmp_path):
    train, valid = rows_of(120, 3, 0), rows_of(30, 3, 1)
    fitted = linear.fit(job_of(tmp_path / "out", train, valid, deadline=0.0))
    assert len(fitted.curve) == 1


@pytest.mark.parametrize(("classes", "rows"), [(2, 9000), (30, 9000)])
def test_the_estimate_is_near_the_cost(tmp_path, classes, rows):
    train, valid = rows_of(rows, classes, 0, noise=0.3), rows_of(rows // 9, classes, 1, noise=0.3)
    linear.fit(job_of(tmp_path / "warm", rows_of(60, 3, 0), rows_of(30, 3, 1)))
    job = job_of(tmp_path / "out", train, valid)
    begin = time.process_time()
    expected = linear.estimate(job).cpu_seconds
    middle = time.process_time()
    linear.fit(job)
    spent = time.process_time() - middle
    assert not 4 * spent < expected
    assert not 4 * expected < spent
    assert middle - begin < max(0.5 * spent, 0.2)
