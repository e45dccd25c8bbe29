"""What the rest of a document says about a word: how it is written and accompanied elsewhere.

Non-local features in the spirit of Chieu and Ng 2002 (Named Entity Recognition: A Maximum Entropy
Approach Using Global Information, COLING) and of the context aggregation of Ratinov and Roth 2009
(Design Challenges and Misconceptions in Named Entity Recognition, CoNLL, section 5.1).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from undercut.models.crf.hashing import NONE
from undercut.models.crf.layout import Layout
from undercut.models.crf.lexicon import CAPITAL, LETTERS, SMALL, UPPER


def _groups(layout: Layout) -> np.ndarray:
    """Return a number for each pair of document and lower-cased word, ``int64 (w,)``."""
    document = layout.document[layout.sentence]
    key = (document << 32) + layout.words.of("norm").astype(np.int64)
    return np.unique(key, return_inverse=True)[1]


def sentence_marks(layout: Layout) -> np.ndarray:
    """Return 1 for words of sentences in capitals, 2 for title case, else 0, ``int64 (w,)``."""
    marks = layout.words.marks[layout.words.kind]
    count = len(layout.first) - 1

    def total(flag: np.ndarray) -> np.ndarray:
        return np.bincount(layout.sentence, weights=flag, minlength=count)

    small = total((marks & SMALL) > 0)
    letters = total((marks & LETTERS) > 0)
    upper = total((marks & UPPER) > 0)
    kind = np.where((small == 0) & (upper > 0), 1, np.where(small < 0.34 * letters, 2, 0))
    return kind[layout.sentence]


def document_features(layout: Layout) -> Iterator[np.ndarray]:
    """Yield small numbers or hashes, ``uint32 (w,)``, ``NONE`` where there is nothing to say."""
    if not len(layout):
        return
    marks = layout.words.marks[layout.words.kind]
    group = _groups(layout)
    count = int(group.max()) + 1
    whole = np.bincount(layout.document, minlength=1)[layout.document[layout.sentence]] > 1
    begins = np.zeros(len(layout), bool)
    begins[layout.first[:-1][np.diff(layout.first) > 0]] = True
    plain = (sentence_marks(layout) == 0) & ~begins
    letters = (marks & LETTERS) > 0

    def total(flag: np.ndarray) -> np.ndarray:
        return np.bincount(group, weights=flag, minlength=count)[group].astype(np.int64)

    times = np.bincount(group, minlength=count)[group]
    capital = np.minimum(total(plain & ((marks & CAPITAL) > 0)), 2)
    small = np.minimum(total((marks & SMALL) > 0), 2)
    upper = np.minimum(total(plain & ((marks & UPPER) > 0)), 1)
    written = 1 + capital + 3 * small + 9 * upper + 18 * np.minimum(times // 2, 2)
    use = whole & letters
    yield np.where(use, written, 0).astype(np.uint32)
    # Neighbours of the word where it stands capitalised within a plain sentence.
    norm = layout.words.of("norm")
    telling = np.flatnonzero(plain & ((marks & CAPITAL) > 0))
    for offset in (-1, 1):
        neighbour = layout.shifted(norm, offset)
        found = np.full(count, NONE, np.uint32)
        where = np.full(count, -1, np.int64)
        found[group[telling[::-1]]] = neighbour[telling[::-1]]
        where[group[telling[::-1]]] = telling[::-1]
        elsewhere = where[group] != np.arange(len(layout))
        yield np.where(use & elsewhere, found[group], NONE)
    # The first word of the document.
    document = layout.document[layout.sentence]
    opening = np.full(int(document.max()) + 1, NONE, np.uint32)
    opening[document[::-1]] = norm[::-1]
    yield np.where(whole, opening[document], NONE)
