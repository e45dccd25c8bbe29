"""What can be explained of the entities found: each one's type, against another type or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from undercut.core.errors import did_you_mean, fail
from undercut.core.explaining import Asked
from undercut.tasks.token_classification import scheme
from undercut.tasks.token_classification.align import Batch
from undercut.tasks.token_classification.found import confidence, find

NOTHING = "(nothing)"
"""What a word is that is in no entity, or a text that has none."""


def asked(
    log_probs: np.ndarray, value: Any, labels: Sequence[str], against: str | None
) -> list[Asked]:
    """Return a question an entity: its words' tags against those of another type in their places.

    A text without entities has one question: why its likeliest word is none.

    Args:
        log_probs: of the words, ``(w, K)``.
        value: the input.
        labels: the tags.
        against: a type, or ``O`` for no entity; the likeliest other when ``None``.

    Raises:
        UndercutError: no such type (``label-unknown``).
    """
    types = scheme.type_names(labels)
    if against is not None and against not in (*types, scheme.OUTSIDE):
        raise fail(
            "label-unknown",
            expected="a type of the model, or O",
            found=f"'{against}'",
            where="--against",
            fix=did_you_mean(against, (*types, scheme.OUTSIDE)),
        )
    batch = Batch.of([value])
    words = batch.words[0]
    if not len(words):
        return []
    found = find(log_probs, batch, labels)
    sure = confidence(log_probs, found, batch, labels)
    place = {tag: i for i, tag in enumerate(labels)}
    scores = np.asarray(log_probs, np.float64)
    questions = []
    spans = zip(found.first.tolist(), found.last.tolist(), found.spans.keys(), sure.tolist(),
                strict=True)  # fmt: skip
    for first, last, (_, start, end, kind), p in spans:
        own = [int(found.tags[u]) for u in range(first, last)]
        others = {NOTHING: [place[scheme.OUTSIDE]] * len(own)}
        others |= {
            name: [place.get(f"{labels[tag][0]}-{name}", place[f"B-{name}"]) for tag in own]
            for name in types
            if name != types[kind]
        }
        sums = {
            name: sum(scores[first + i, tag] for i, tag in enumerate(tags))
            for name, tags in others.items()
        }
        wanted = NOTHING if against == scheme.OUTSIDE else against
        other = wanted if wanted in others else max(sums, key=lambda name: sums[name])
        units = tuple(zip(range(first, last), own, others[other], strict=True))
        least = min(float(np.exp(scores[u, tag])) for u, _, tag in units)
        questions.append(Asked(types[kind], p, other, min(least, 1.0), units, start, end))
    return questions or [_none(scores, words, types, place, against)]


def _none(
    scores: np.ndarray, words: Any, types: Sequence[str], place: dict[str, int], against: str | None
) -> Asked:
    """Return the question of a text without entities."""
    names = [against] if against is not None and against in types else list(types)
    firsts = [place[f"B-{name}"] for name in names]
    at, which = np.unravel_index(int(scores[:, firsts].argmax()), (len(scores), len(firsts)))
    unit, tag, outside = int(at), firsts[int(which)], place[scheme.OUTSIDE]
    p = np.minimum(np.exp(scores[unit]), 1.0)
    return Asked(
        NOTHING, float(p[outside]), names[int(which)], float(p[tag]), ((unit, outside, tag),),
        int(words.starts[unit]), int(words.ends[unit]),
    )  # fmt: skip
