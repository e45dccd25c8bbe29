"""The CRF of the linear method: what it learns, chooses, repeats, refuses and expects to cost."""

from __future__ import annotations

import itertools
import random
import time

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.special import logsumexp

from undercut.backends.numpy import crf as runtime
from undercut.core.contracts import FitJob
from undercut.core.errors import IntegrityError, UndercutError
from undercut.core.types import Examples, Manifest
from undercut.methods.linear import crf
from undercut.methods.linear.crf_options import CrfOptions
from undercut.methods.linear.crf_train import CrfTrainer, frequent
from undercut.models.crf.chain import Rules, marginals
from undercut.models.crf.features import EVERY, FeatureSpec, featurise
from undercut.models.crf.files import FILE, Table
from undercut.models.crf.frontend import layout_of, open_frontend, rows_of
from undercut.models.crf.gazetteer import EMPTY
from undercut.models.crf.inner import rules_of
from undercut.predict.predictor import open_scorer
from undercut.tasks.token_classification.task import TokenClassification
from undercut.tasks.token_classification.words import words_of

TASK = TokenClassification()
NAMES = ["Mary", "Bill Gray", "Anna Stein", "Omar", "Li Na"]
PLACES = ["Rome", "New York", "Oslo", "Lima", "Sri Lanka"]
PEOPLE_ZH, PLACES_ZH = ["张伟", "李娜", "王小明", "赵云"], ["北京", "上海", "呼和浩特", "广州"]


def examples(n, seed, chinese=False):
    """Sentences with a person and a place each, as raw texts."""
    rng = random.Random(seed)
    inputs, targets = [], []
    for _ in range(n):
        person, place = (
            rng.choice(PEOPLE_ZH if chinese else NAMES),
            rng.choice(PLACES_ZH if chinese else PLACES),
        )
        if chinese:
            parts = [
                (person, "PER"),
                (rng.choice(["住在", "去了"]), ""),
                (place, "LOC"),
                ("。", ""),
            ]
        else:
            verb = rng.choice([" lives in ", " went to ", " likes "])
            parts = [(person, "PER"), (verb, ""), (place, "LOC"), (" now", "")]
        text, found = "", []
        for part, kind in parts:
            if kind:
                found.append([len(text), len(text) + len(part), kind])
            text += part
        inputs.append(text)
        targets.append(found)
    return Examples(inputs, targets, [f"made:{i}" for i in range(n)])


def job_of(folder, train, valid, **changes):
    folder.mkdir(exist_ok=True)
    facts = {
        "task": TASK,
        "labels": TASK.label_space(train.targets),
        "train": train,
        "valid": valid,
        "options": CrfOptions(),
        "seed": 0,
        "threads": 1,
        "base": "",
        "out": folder,
        "cache": folder,
    }
    return FitJob(**(facts | changes))


def manifest_of(job, fitted):
    return Manifest(
        name="t",
        task=TASK.name,
        architecture=fitted.architecture,
        format=fitted.format,
        labels=job.labels,
        config=fitted.config,
    )


def score(job, fitted, inputs):
    return open_scorer(job.out, manifest_of(job, fitted), None, 1).score(inputs)


def f1(job, fitted, rows):
    return TASK.judge(score(job, fitted, rows.inputs).log_probs, rows, job.labels).quality.value


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    job = job_of(tmp_path_factory.mktemp("crf") / "out", examples(60, 0), examples(30, 1))
    return job, crf.fit(job)


def test_finds_names_and_says_what_it_chose(made):
    job, fitted = made
    rows = examples(40, 2)
    assert f1(job, fitted, rows) > 0.95
    assert {p["c2"] for p in fitted.curve} == set(crf.GRID_SMALL)
    least = min(fitted.curve, key=lambda p: p["log_loss"])
    assert (fitted.choices["c2"], fitted.choices["temperature"]) == (
        least["c2"],
        least["temperature"],
    )
    assert sorted(p.name for p in job.out.iterdir()) == [FILE]
    answers = TASK.decode(score(job, fitted, rows.inputs), rows.inputs, job.labels)
    assert [[e.start, e.end, e.type] for e in answers[0].entities] == rows.targets[0]


def test_works_for_chinese_characters(tmp_path):
    job = job_of(tmp_path / "out", examples(60, 0, True), examples(30, 1, True))
    fitted = crf.fit(job)
    rows = examples(40, 2, True)
    assert f1(job, fitted, rows) > 0.95
    tokens = Examples([list(t) for t in rows.inputs], rows.targets, rows.rows)
    np.testing.assert_array_equal(
        score(job, fitted, tokens.inputs).log_probs, score(job, fitted, rows.inputs).log_probs
    )


def training_of(rows):
    labels = TASK.label_space(rows.targets)
    layout, tags = layout_of(rows.inputs), TASK.encode(rows, labels)
    hashes = featurise(layout, FeatureSpec(), EMPTY)
    features = frequent(hashes, 1)
    sparse = rows_of(np.searchsorted(features, hashes).astype(np.int32), layout.first)
    return labels, tags, len(features), sparse


def log_likelihood(weight, transitions, sparse, tags, rules):
    """Of the tags, sentence by sentence, by the forward recursion in logarithms."""
    total = 0.0
    step = np.where(rules.allowed, transitions, -np.inf)
    for a, b in itertools.pairwise(sparse.first):
        emissions = [
            weight[sparse.indices[sparse.indptr[w] : sparse.indptr[w + 1]]].sum(0)
            for w in range(a, b)
        ]
        alpha = np.where(rules.starts, emissions[0], -np.inf)
        for e in emissions[1:]:
            alpha = logsumexp(alpha[:, None] + step, axis=0) + e
        y = tags[a:b]
        score = sum(e[t] for e, t in zip(emissions, y, strict=True))
        score += sum(transitions[s, t] for s, t in itertools.pairwise(y))
        total += score - logsumexp(np.where(rules.ends, alpha, -np.inf))
    return total


def test_the_residuals_are_the_gradient_of_the_likelihood():
    labels, tags, features, sparse = training_of(examples(3, 3))
    rules = rules_of(labels)
    rng = np.random.default_rng(0)
    weight = rng.normal(0, 0.3, (features, len(labels)))
    transitions = rng.normal(0, 0.3, (len(labels),) * 2)
    trainer = CrfTrainer(sparse, tags, features, rules, 0)
    words = np.arange(len(tags))
    residual, pairs = trainer._residuals(trainer._x @ weight, words, sparse.first, transitions)
    gradient = trainer._x.T @ residual
    rest = (sparse, tags, rules)
    for f, k in [(0, 0), (5, 1), (17, 2), (40, 0)]:
        change = np.zeros_like(weight)
        change[f, k] = 1e-4
        up = log_likelihood(weight + change, transitions, *rest)
        down = log_likelihood(weight - change, transitions, *rest)
        assert (down - up) / 2e-4 == pytest.approx(gradient[f, k], abs=1e-4)
    for a, b in [(0, 0), (0, 1), (1, 2), (3, 4)]:
        change = np.zeros_like(transitions)
        change[a, b] = 1e-4
        up = log_likelihood(weight, transitions + change, *rest)
        down = log_likelihood(weight, transitions - change, *rest)
        assert (down - up) / 2e-4 == pytest.approx(pairs[a, b], abs=1e-4)


def test_many_epochs_come_close_to_the_least_loss():
    labels, tags, features, sparse = training_of(examples(12, 3))
    rules = rules_of(labels)
    trainer = CrfTrainer(sparse, tags, features, rules, 0)

    def loss(weight, transitions):
        norm = (weight.astype(np.float64) ** 2).sum() + (transitions**2).sum()
        return norm / 2 - log_likelihood(weight, transitions, sparse, tags, rules)

    few, many = (loss(*trainer.fit(1.0, n, lambda _: None)) for n in (3, 200))
    more = loss(*trainer.fit(1.0, 400, lambda _: None))
    assert more < few
    assert many == pytest.approx(more, rel=0.02)


def test_marginals_are_those_of_crfsuite(tmp_path):
    pycrfsuite = pytest.importorskip("pycrfsuite")
    labels, tags, features, sparse = training_of(examples(40, 3))

    def said(a, b):
        return [
            [str(i) for i in sparse.indices[sparse.indptr[w] : sparse.indptr[w + 1]]]
            for w in range(a, b)
        ]

    trainer = pycrfsuite.Trainer("lbfgs", {"c2": 0.1, "max_iterations": 20}, verbose=False)
    for a, b in itertools.pairwise(sparse.first):
        trainer.append(said(a, b), [str(t) for t in tags[a:b]])
    trainer.train(str(tmp_path / "model"))
    tagger = pycrfsuite.Tagger()
    with tagger.open(str(tmp_path / "model")):
        learnt = tagger.info()
        weight, transitions = np.zeros((features, len(labels))), np.zeros((len(labels),) * 2)
        for (feature, tag), value in learnt.state_features.items():
            weight[int(feature), int(tag)] = value
        for (before, after), value in learnt.transitions.items():
            transitions[int(before), int(after)] = value
        anything = np.ones(len(labels), bool)
        rules = Rules(np.ones((len(labels),) * 2, bool), anything, anything)
        emissions = np.add.reduceat(weight[sparse.indices], sparse.indptr[:-1])
        ours = marginals(emissions, sparse.first, transitions, rules)
        for a, b in itertools.pairwise(sparse.first):
            tagger.set(said(a, b))
            theirs = [
                [tagger.marginal(str(k), t) for k in range(len(labels))] for t in range(b - a)
            ]
            np.testing.assert_allclose(ours[a:b], theirs, atol=1e-4)  # info() has 6 digits


def test_the_same_seed_makes_the_same_file_and_a_refit_keeps_the_choices(made, tmp_path):
    job, fitted = made
    again = job_of(tmp_path / "again", job.train, job.valid)
    assert crf.fit(again) == fitted
    assert (again.out / FILE).read_bytes() == (job.out / FILE).read_bytes()
    other = job_of(tmp_path / "other", job.train, job.valid, seed=1)
    crf.fit(other)
    assert (other.out / FILE).read_bytes() != (job.out / FILE).read_bytes()
    rows = job.train.plus(job.valid)
    refit = job_of(tmp_path / "refit", rows, None, fixed=fitted.choices)
    assert crf.fit(refit).choices == fitted.choices
    assert f1(refit, crf.fit(refit), rows) > 0.95


def test_scores_do_not_depend_on_the_batch_and_add_up_to_one(made):
    job, fitted = made
    odd = [
        "",
        " ",
        "a",
        "\0",
        "我的快递到哪里了",
        "x" * 3000,
        [["Mary"], []],
        [],
        "Rome. Oslo!\n\nLima",
    ]
    inputs = [*examples(20, 5).inputs, *odd]
    together = score(job, fitted, inputs)
    assert len(together.log_probs) == sum(len(words_of(v)) for v in inputs)
    assert len(together.truncated) == len(inputs)
    parts = [score(job, fitted, [v]).log_probs for v in inputs]
    alone = np.concatenate([p for p in parts if len(p)])
    np.testing.assert_allclose(together.log_probs, alone, atol=1e-5)
    np.testing.assert_allclose(np.exp(alone).sum(axis=1), 1.0, atol=1e-5)
    assert np.isfinite(alone).all()


def test_a_tag_nobody_trained_on_keeps_its_place_and_is_never_the_answer(made, tmp_path):
    job, _ = made
    labels = TASK.label_space([[[0, 1, "AAA"]], *job.train.targets])
    wider = job_of(tmp_path / "out", job.train, job.valid, labels=labels)
    fitted = crf.fit(wider)
    found = score(wider, fitted, job.valid.inputs).log_probs
    unseen = [i for i, tag in enumerate(labels) if tag.endswith("AAA")]
    assert found[:, unseen].max() < -10
    assert f1(wider, fitted, job.valid) > 0.95


def test_documents_teach_lists_of_names_and_single_sentences_do_not(made, tmp_path):
    job, fitted = made
    assert (fitted.config["lists"], fitted.choices["phrase_words"]) == (0, 0)
    texts, targets = [], []
    for at in range(len(job.train) - 2):
        text, found = "", []
        for part, own in zip(job.train.inputs[at : at + 3], job.train.targets[at:], strict=False):
            found += [[a + len(text), b + len(text), kind] for a, b, kind in own]
            text += f"{part} . "
        texts.append(text)
        targets.append(found)
    documents = job_of(tmp_path / "out", Examples(texts, targets, job.train.rows[:-2]), job.valid)
    learnt = crf.fit(documents)
    assert (learnt.config["lists"], learnt.choices["phrase_words"]) == (2, 6)
    assert f1(documents, learnt, job.valid) > 0.95


def test_a_file_of_names_helps_where_training_has_not_seen_them(tmp_path):
    train, valid = examples(60, 0), examples(30, 1)
    names = tmp_path / "places.txt"
    names.write_text(
        "\ufeffRome\n\nNew York\nOslo\nLima\nSri Lanka\nTuvalu\nport moresby\n", "utf-8"
    )
    job = job_of(tmp_path / "out", train, valid, options=CrfOptions(gazetteer=(str(names),)))
    fitted = crf.fit(job)
    assert fitted.config["lists"] == 1  # single sentences: no learnt lists
    frontend = open_frontend(job.out, manifest_of(job, fitted))
    seen, unseen = (
        frontend.prepare([f"He likes {place} now"]).items
        for place in ("Port Moresby", "Port Harcourt")
    )
    assert len(seen.indices) > len(unseen.indices)
    one = job.options.model_dump(mode="json")["gazetteer_sha256"]
    names.write_text("Rome\n", "utf-8")
    assert job.options.model_dump(mode="json")["gazetteer_sha256"] != one


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), (b"", "no name"), (b"\xff\xfeR", "byte 0xff at place 0")],
)
def test_a_file_of_names_that_is_none_is_one_clear_error(content, words, tmp_path):
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    job = job_of(
        tmp_path / "out",
        examples(20, 0),
        examples(10, 1),
        options=CrfOptions(gazetteer=(str(path),)),
    )
    with pytest.raises(UndercutError, match=words):
        crf.fit(job)
    assert not list(job.out.iterdir())


def test_refuses_rows_without_entities_and_a_refit_without_choices(tmp_path):
    rows = examples(10, 0)
    bare = Examples(rows.inputs, [[] for _ in rows.inputs], rows.rows)
    labels = TASK.label_space(rows.targets)
    with pytest.raises(UndercutError, match="an entity in the training rows"):
        crf.fit(job_of(tmp_path / "out", bare, rows, labels=labels))
    with pytest.raises(UndercutError, match="choices of an earlier fit"):
        crf.fit(job_of(tmp_path / "out", rows, None))


@pytest.mark.parametrize(
    "bad",
    [
        {"c2": (0.0,)},
        {"c2": (float("inf"),)},
        {"epochs": 0},
        {"window": 9},
        {"min_count": 0},
        {"x": 1},
    ],
)
def test_bad_options_are_refused(bad):
    with pytest.raises(ValidationError):
        CrfOptions(**bad)


def test_past_the_deadline_the_best_so_far_is_kept(tmp_path):
    job = job_of(tmp_path / "out", examples(60, 0), examples(30, 1), deadline=0.0)
    fitted = crf.fit(job)
    assert [p["c2"] for p in fitted.curve] == [crf.GRID_SMALL[0]]


def test_a_torn_or_foreign_file_is_refused(made, tmp_path):
    job, fitted = made
    manifest = manifest_of(job, fitted)
    data = (job.out / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(data[: len(data) // 2])
    with pytest.raises(IntegrityError, match="a CRF's weights"):
        runtime.load(tmp_path, manifest)
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(IntegrityError, match="a CRF's weights"):
        runtime.load(tmp_path, manifest.model_copy(update={"labels": job.labels[:-2]}))
    broken = manifest.model_copy(update={"config": fitted.config | {"temperature": 0}})
    with pytest.raises(IntegrityError, match="temperature 0"):
        open_frontend(tmp_path, broken)


def test_every_word_has_a_feature_of_the_table(made):
    job, fitted = made
    frontend = open_frontend(job.out, manifest_of(job, fitted))
    table: Table = frontend._table
    assert (table.features == EVERY).any()


def test_estimates_before_fitting_and_writes_nothing(tmp_path):
    job = job_of(tmp_path / "out", examples(300, 0), examples(30, 1))
    found = crf.estimate(job)
    begin = time.process_time()
    assert not list(job.out.iterdir())
    crf.fit(job)
    took = time.process_time() - begin
    assert took / 6 < found.cpu_seconds < took * 6
