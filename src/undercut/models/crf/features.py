"""Words to sparse features: forms, shapes, affixes, neighbours, the document, the lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from undercut.models.crf.document import document_features, sentence_marks
from undercut.models.crf.gazetteer import Gazetteer, positions
from undercut.models.crf.hashing import NONE, joined, salted
from undercut.models.crf.layout import Layout
from undercut.models.crf.lexicon import AFFIXES, JOINED


@dataclass(frozen=True)
class FeatureSpec:
    """Which features there are.

    Attributes:
        window: how many neighbours on each side are seen.
        document: whether the rest of the document is looked at.
    """

    window: int = 2
    document: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)


Places = tuple[int, ...]
"""Which words a feature is read from, by their distance; none: the rest of the document."""
HERE: Places = (0,)
ELSEWHERE: Places = ()


def _columns(
    layout: Layout, spec: FeatureSpec, gazetteer: Gazetteer, owner: np.ndarray | None
) -> Iterator[tuple[Places, np.ndarray]]:
    """Yield one feature a word each time, hashes ``uint32 (w,)``, always in the same order.

    The first is the same for every word. With each goes where it is read from.
    """
    yield HERE, np.ones(len(layout), np.uint32)
    words = layout.words
    form, norm, runs = words.of("form"), words.of("norm"), words.of("runs")
    joined_script = (words.marks[words.kind] & JOINED) > 0
    wide = max(spec.window, 2)
    around = {o: layout.shifted(norm, o) for o in range(-wide, wide + 1)}
    shapes = {o: layout.shifted(runs, o) for o in range(-2, 3)}
    yield HERE, form
    for o in range(-spec.window, spec.window + 1):
        yield (o,), around[o]
    for o in range(-2, 3):
        yield (o,), shapes[o]
    yield HERE, words.of("shape")
    for n in range(1, AFFIXES + 1):
        yield HERE, words.of(f"head{n}")
        yield HERE, words.of(f"tail{n}")
    tail = words.of("tail3")
    yield (-1,), layout.shifted(tail, -1)
    yield (1,), layout.shifted(tail, 1)
    yield (-1, 0), joined(around[-1], norm)
    yield (0, 1), joined(norm, around[1])
    yield (-1, 0), joined(around[-1], runs)
    yield (0, 1), joined(runs, around[1])
    yield (-1, 0), joined(shapes[-1], runs)
    yield (0, 1), joined(runs, shapes[1])
    yield (-1, 0, 1), joined(shapes[-1], runs, shapes[1])
    yield (-2, -1, 0), joined(shapes[-2], shapes[-1], runs)
    yield (0, 1, 2), joined(runs, shapes[1], shapes[2])
    # Characters of scripts without spaces: what spaced words say by themselves takes several.
    own = np.where(joined_script, norm, NONE)
    yield (-2, -1, 0), joined(around[-2], around[-1], own)
    yield (-1, 0, 1), joined(around[-1], own, around[1])
    yield (0, 1, 2), joined(own, around[1], around[2])
    one = np.where(joined_script, np.uint32(1), NONE)
    yield (-2, -1), joined(around[-2], around[-1], one)
    yield (1, 2), joined(around[1], around[2], one)
    sentence = (sentence_marks(layout) + 1).astype(np.uint32)
    yield HERE, joined(sentence, runs)
    if spec.document:
        found = list(document_features(layout))
        for column in found:
            yield ELSEWHERE, column
        if found:
            yield ELSEWHERE, joined(found[0], runs)
            yield ELSEWHERE, joined(found[3], runs)
    if gazetteer.count:
        where = positions(layout, gazetteer, owner).astype(np.uint32)
        for i in range(gazetteer.count):
            yield HERE, where[:, i]
        code = np.zeros(len(layout), np.uint32)
        for i in range(gazetteer.count):
            code = code * np.uint32(31) + where[:, i]
        yield HERE, code
        yield (-1,), layout.shifted(code, -1)
        yield (1,), layout.shifted(code, 1)


EVERY = int(salted(np.ones(1, np.uint32), 1)[0])
"""The feature that every word has."""


def featurise(
    layout: Layout, spec: FeatureSpec, gazetteer: Gazetteer, owner: np.ndarray | None = None
) -> np.ndarray:
    """Return the features of every word as hashes, ``uint32 (w, F)``, 0 where one is absent.

    Args:
        layout: the words.
        spec: which features.
        gazetteer: the lists.
        owner: in training, see :func:`undercut.models.crf.gazetteer.positions`.
    """
    return located(layout, spec, gazetteer, owner)[0]


def located(
    layout: Layout, spec: FeatureSpec, gazetteer: Gazetteer, owner: np.ndarray | None = None
) -> tuple[np.ndarray, list[Places]]:
    """Return the features of every word, see :func:`featurise`, and where each is read from."""
    columns, places = [], []
    for i, (where, column) in enumerate(_columns(layout, spec, gazetteer, owner)):
        columns.append(salted(column, i + 1))
        places.append(where)
    return np.stack(columns, axis=1), places
