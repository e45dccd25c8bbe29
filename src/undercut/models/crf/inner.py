"""The chain's own tags: first, middle, last and only word of an entity, whatever the task has.

More roles let a feature say where an entity ends (Ratinov and Roth 2009, section 3.3); summed by
what the task's tags tell apart, their probabilities are probabilities of the task's tags.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from undercut.models.crf.chain import Rules
from undercut.tasks.token_classification import scheme

ROLES = {"BIO": "BI", "BIOES": "BIES"}


def inner_tags(labels: Sequence[str], roles: str) -> tuple[str, ...]:
    """Return the chain's tags for a task's tags.

    Args:
        labels: the task's tags.
        roles: a key of :data:`ROLES`.
    """
    return scheme.tags(scheme.type_names(labels), ROLES[roles])


def rules_of(tags: Sequence[str]) -> Rules:
    """Return which of the chain's tags may stand where."""
    form = scheme.scheme_of(tuple(tags))
    return Rules(form.transitions(), form.first, form.ends)


def merger(inner: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Return which of the task's tags each of the chain's is, ``float64 (inner, K)`` of 0 and 1.

    Raises:
        ValueError: the task tells roles apart that the chain does not.
    """
    place = {tag: i for i, tag in enumerate(labels)}
    found = np.zeros((len(inner), len(labels)))
    for i, tag in enumerate(inner):
        plain = {"S": "B", "E": "I"}.get(tag[0], tag[0]) + tag[1:]
        if tag not in place and plain not in place:
            raise ValueError(f"no tag of the task for {tag}")
        found[i, place[tag if tag in place else plain]] = 1.0
    if not found.any(axis=0).all():
        raise ValueError("tags of the task that the chain does not have")
    return found
