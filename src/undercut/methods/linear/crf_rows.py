"""Rows as a CRF sees them: training rows with their features and lists, validation rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from undercut.backends.numpy.crf import CrfSession
from undercut.core.contracts import FitJob
from undercut.core.errors import fail
from undercut.methods.linear.crf_options import CrfOptions, read_names
from undercut.methods.linear.crf_train import frequent
from undercut.models.crf.chain import logarithms
from undercut.models.crf.features import FeatureSpec, featurise
from undercut.models.crf.files import Table
from undercut.models.crf.frontend import layout_of, rows_of
from undercut.models.crf.gazetteer import LONGEST, Gazetteer, compile_lists, hashes_of
from undercut.models.crf.inner import inner_tags
from undercut.models.crf.layout import Layout, lay_out
from undercut.tasks.token_classification.scheme import read, scheme_of, write
from undercut.tasks.token_classification.words import words_of
from undercut.training.temperature import fit_temperature, log_loss

PHRASE_WORDS = 6
SENTENCES_A_DOCUMENT = 3
"""Inputs of as many sentences on average are documents."""


def spec_of(options: CrfOptions) -> FeatureSpec:
    """Return which features the options ask for."""
    return FeatureSpec(options.window, options.document)


@dataclass(frozen=True)
class Given:
    """Training rows.

    Attributes:
        layout: their words.
        phrase_words: words of the longest phrase on the learnt lists.
        names: the chain's tags.
        tags: of each word, ``int64 (w,)``.
        gazetteer: the lists.
        hashes: features of each word, ``uint32 (w, F)``.
        features: those in use, increasing, ``uint32 (D,)``.
    """

    layout: Layout
    phrase_words: int
    names: tuple[str, ...]
    tags: np.ndarray
    gazetteer: Gazetteer
    hashes: np.ndarray
    features: np.ndarray


def given_rows(job: FitJob) -> Given:
    """Read the training rows.

    Raises:
        UndercutError: no entity in them, or a gazetteer file that cannot be used.
    """
    layout = layout_of(job.train.inputs)
    tags = job.task.encode(job.train, job.labels)
    first, last, kind = read(scheme_of(job.labels), tags, layout.first)
    if not len(first):
        raise fail("crf-entities", expected="an entity in the training rows", found="none")
    names = inner_tags(job.labels, job.options.roles)
    inner = write(scheme_of(names), first, last, kind, len(layout))
    longest = _phrase_words(job, layout)
    gazetteer, owner = _lists(job, layout, longest, (first, last, kind))
    hashes = featurise(layout, spec_of(job.options), gazetteer, owner)
    features = frequent(hashes, job.options.min_count)
    return Given(layout, longest, names, inner, gazetteer, hashes, features)


def _phrase_words(job: FitJob, layout: Layout) -> int:
    """Return the words of the longest phrase to learn; 0 where inputs are hardly documents.

    Sentences that stand alone may be of one document all the same, and share its names: a list
    made of them would know more about the training rows than it will about others.
    """
    given = job.fixed.get("phrase_words", job.options.phrase_words)
    if given is not None:
        return int(given)
    inputs = len(np.unique(layout.document))
    return PHRASE_WORDS if len(layout.document) >= SENTENCES_A_DOCUMENT * inputs else 0


def _lists(
    job: FitJob, layout: Layout, longest: int, entities: tuple[np.ndarray, ...]
) -> tuple[Gazetteer, np.ndarray]:
    """Return one list a type, of the training entities, and one a file; and their owners."""
    first, last, kind = entities
    at, keys = hashes_of(layout, first, last, longest)
    parts = [(keys, kind[at], layout.document[layout.sentence[first[at]]])]
    count = len(scheme_of(job.labels).types) if longest else 0
    for i, path in enumerate(job.options.gazetteer):
        names = [words_of(name).words for name in read_names(path)]
        listed = lay_out([(name, np.array([0, len(name)])) for name in names])
        size = min(max(map(len, names)), LONGEST)
        _, own = hashes_of(listed, listed.first[:-1], listed.first[1:], size)
        parts.append((own, np.full(len(own), count + i), np.full(len(own), -1)))
        longest = max(longest, size)
    keys, which, owners = (np.concatenate(p) for p in zip(*parts, strict=True))
    return compile_lists(keys, which, owners, count + len(job.options.gazetteer), longest)


class Held:
    """Validation rows, and how a table does on them."""

    def __init__(self, job: FitJob, given: Given) -> None:
        assert job.valid is not None
        self._job, self._rows, self._names = job, job.valid, given.names
        self._layout = layout_of(job.valid.inputs)
        self._hashes = featurise(self._layout, spec_of(job.options), given.gazetteer)
        self._y = job.task.encode(job.valid, job.labels)
        self._fixed = job.fixed.get("temperature")

    def judge(self, table: Table) -> dict[str, float]:
        """Return the best temperature, the log loss in nats a word with it, and the quality."""
        rows = rows_of(table.columns(self._hashes), self._layout.first)
        arrays = {"indptr": rows.indptr, "indices": rows.indices, "first": rows.first}
        session = CrfSession(table, self._names, self._job.labels)
        scores = logarithms(session.run(arrays), 1.0)
        temperature = float(self._fixed or fit_temperature(scores, self._y))
        quality = self._job.task.judge(scores, self._rows, self._job.labels).quality.value
        return {
            "temperature": temperature,
            "log_loss": log_loss(scores, self._y, temperature),
            "quality": quality,
        }
