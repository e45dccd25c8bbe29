"""Why a CRF gives a word its tag: its features' weights, and what its neighbours' tags bring.

The probability of a tag is proportional to ``exp(e + l + r)``: ``e`` adds up the weights of the
word's features, ``l`` and ``r`` are the messages of the words before and after it (Rabiner 1989,
section V). So the log-odds of two tags are three differences, the first shared out exactly among
the words that the features are read from. Where a tag of the task is several of the chain's (a
first word, and an only one), ``log(p + q) = a log p + b log q + h``, with a and b the parts each
has in the sum and h their entropy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logsumexp

from undercut.core.explaining import Attribution
from undercut.core.types import Manifest
from undercut.models.crf import files
from undercut.models.crf.chain import DEEPEST, FLOOR, REACH
from undercut.models.crf.features import ELSEWHERE, EVERY, Places, located
from undercut.models.crf.files import Form, Table
from undercut.models.crf.frontend import layout_of
from undercut.models.crf.gazetteer import Gazetteer
from undercut.models.crf.inner import merger, rules_of
from undercut.models.crf.layout import Layout
from undercut.tasks.token_classification.words import Words, words_of

BEFORE, AFTER, DOCUMENT = "tags before it", "tags after it", "the rest of the document"


class CrfExplainer:
    """Shares out the scores of an opened CRF artefact.

    Args:
        form: the features, and the chain's tags.
        table: the weights.
        gazetteer: lists of phrases.
        labels: the task's tags.
    """

    method = (
        "exact: the weights of the features read from each word, and what the tags of the words "
        "before and after bring through the chain"
    )

    def __init__(
        self, form: Form, table: Table, gazetteer: Gazetteer, labels: Sequence[str]
    ) -> None:
        self._form, self._table, self._gazetteer = form, table, gazetteer
        self._weight = table.weight.astype(np.float64) * table.scale.astype(np.float64)
        self._merger, self._rules = merger(form.tags, labels), rules_of(form.tags)
        self._last: tuple[Any, _Read] | None = None

    def attribute(self, value: Any, classes: Sequence[int], unit: int = 0) -> Attribution:
        """Return the shares of every character in a word's scores of ``classes``."""
        read = self._read(value)
        layout, sentence = read.layout, int(read.layout.sentence[unit])
        first, last = layout.first[sentence : sentence + 2].tolist()
        emissions = self._emissions(read.columns[first:last])
        left, right = self._messages(emissions)
        at = unit - first
        whole = emissions[at] + left[at] + right[at]  # (tags,)
        tags = len(self._form.tags)
        parts = {BEFORE: left[at], AFTER: right[at], DOCUMENT: np.zeros(tags)}
        start, of_word = np.zeros(tags), np.zeros((last - first, tags))
        for j, places in enumerate(read.places):
            column = read.columns[unit, j]
            if column < 0:
                continue
            weight = self._weight[column]
            inside = [at + o for o in places if 0 <= at + o < last - first] or [at]
            if self._table.features[column] == EVERY:
                start = start + weight
            elif places == ELSEWHERE:
                parts[DOCUMENT] = parts[DOCUMENT] + weight
            else:
                of_word[inside] += weight / len(inside)
        return self._merged(classes, whole, start, of_word, parts, read.words, first)

    def _merged(
        self,
        classes: Sequence[int],
        whole: np.ndarray,
        start: np.ndarray,
        of_word: np.ndarray,
        parts: dict[str, np.ndarray],
        words: Words,
        first: int,
    ) -> Attribution:
        """Turn parts of the chain's tags into parts of the task's."""
        member = self._merger[:, list(classes)]  # (tags, C)
        joint = np.where(member > 0, whole[:, None], -np.inf)
        total = logsumexp(joint, axis=0)  # (C,)
        share = np.exp(joint - total)
        entropy = -np.sum(share * np.log(np.maximum(share, 1e-300)), axis=0)
        t = self._form.temperature
        scores = self._served(whole)[list(classes)]
        shares = np.zeros((len(words.text), len(classes)))
        for i, part in enumerate(of_word @ share / t):
            a, b = int(words.starts[first + i]), int(words.ends[first + i])
            shares[a:b] += part / (b - a)
        beside = {name: part @ share / t for name, part in parts.items()}
        return Attribution(shares, (start @ share + entropy) / t, scores, beside=beside)

    def _served(self, whole: np.ndarray) -> np.ndarray:
        """Return the logarithms that are served, plus one number for all tags, ``float64 (K,)``."""
        t, norm = self._form.temperature, logsumexp(whole)
        log_p = logsumexp(np.where(self._merger > 0, whole[:, None], -np.inf), axis=0) - norm
        z = np.maximum(log_p, np.log(FLOOR)) / t
        found: np.ndarray = np.maximum(z, z.max() - DEEPEST) + norm / t
        return found

    def _read(self, value: Any) -> _Read:
        """Return what is read of an input; the last is remembered."""
        if self._last is None or self._last[0] != value:
            layout = layout_of([value])
            hashes, places = located(layout, self._form.features, self._gazetteer)
            read = _Read(words_of(value), layout, self._table.columns(hashes), places)
            self._last = (value, read)
        return self._last[1]

    def _emissions(self, columns: np.ndarray) -> np.ndarray:
        """Return the score of each tag of each word by itself, ``float64 (w, tags)``."""
        known = columns >= 0
        weight = self._weight[np.where(known, columns, 0)] if len(self._weight) else 0.0
        found: np.ndarray = np.sum(weight * known[:, :, None], axis=1)
        return found

    def _messages(self, emissions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the words before and after each word say of its tags, ``(w, tags)`` twice.

        Logarithms, the largest 0, cut where the chain cuts them.
        """
        rules, n = self._rules, len(emissions)
        step = np.where(rules.allowed, np.clip(self._table.transitions, -REACH, REACH), -np.inf)
        local = np.maximum(emissions - emissions.max(axis=1, keepdims=True), -REACH)
        left, right = np.zeros_like(local), np.zeros_like(local)
        left[0] = np.where(rules.starts, 0.0, -np.inf)
        for i in range(1, n):
            left[i] = _level(logsumexp((left[i - 1] + local[i - 1])[:, None] + step, axis=0))
        right[-1] = np.where(rules.ends, 0.0, -np.inf)
        for i in range(n - 2, -1, -1):
            right[i] = _level(logsumexp(step + (local[i + 1] + right[i + 1])[None], axis=1))
        return np.maximum(left, -2 * REACH), np.maximum(right, -2 * REACH)


class _Read:
    """An input's words, layout, rows of the table by feature ``(w, F)``, and their places."""

    def __init__(
        self, words: Words, layout: Layout, columns: np.ndarray, places: list[Places]
    ) -> None:
        self.words, self.layout, self.columns, self.places = words, layout, columns, places


def _level(values: np.ndarray) -> np.ndarray:
    found: np.ndarray = values - values.max()
    return found


def open_explainer(folder: Path, manifest: Manifest) -> CrfExplainer:
    """Open a CRF artefact.

    Raises:
        IntegrityError: the weights file is missing, torn, or not the one of this manifest.
    """
    form, table, gazetteer = files.read(folder, manifest.config, manifest.labels)
    return CrfExplainer(form, table, gazetteer, manifest.labels)
