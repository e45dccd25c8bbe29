"""The best well-formed tags of sentences, all sentences at once."""

from __future__ import annotations

import numpy as np

from undercut.tasks.token_classification.scheme import Scheme

CELLS = 4_000_000
"""Back pointers held at a time (16 MB)."""


def best_tags(log_probs: np.ndarray, sentences: np.ndarray, scheme: Scheme) -> np.ndarray:
    """Return the well-formed tags of highest total score.

    Viterbi's algorithm over the words of each sentence, where a transition costs nothing or is
    forbidden: a tag that goes on may follow only the first or a middle tag of its type, any other
    only a tag that ends. A step so costs K and not K squared. Source: Forney 1973, The Viterbi
    algorithm, Proceedings of the IEEE 61(3), p. 268.

    Args:
        log_probs: scores of words ``(U, K)``.
        sentences: first word of each sentence, and U at the end, ``int64 (s + 1,)``.
        scheme: of the K tags.

    Returns:
        Positions of tags, ``int64 (U,)``; of equal scores the lowest position.
    """
    scores = np.nan_to_num(np.asarray(log_probs, np.float64), nan=-1e30, neginf=-1e30)
    out = np.empty(len(scores), np.int64)
    starts, lengths = sentences[:-1], np.diff(sentences)
    order = np.argsort(-lengths, kind="stable")
    at = 0
    while at < len(order) and lengths[order[at]]:
        longest = int(lengths[order[at]])
        size = max(1, CELLS // (longest * max(1, scores.shape[1])))
        group = order[at : at + size]
        _group(scores, starts[group], lengths[group], scheme, out)
        at += size
    return out


def _group(
    scores: np.ndarray, starts: np.ndarray, lengths: np.ndarray, scheme: Scheme, out: np.ndarray
) -> None:
    """Write the best tags of sentences, longest first, into ``out``."""
    longest, k = int(lengths[0]), scores.shape[1]
    ends, goes_on = scheme.ends, scheme.goes_on
    b, i = scheme.before
    # A forbidden path loses to every allowed one, but stays finite.
    barred = -1e40
    back = np.zeros((longest, len(starts), k), np.int32)
    best = np.where(scheme.first, scores[starts], barred)  # (s, K)
    final = np.empty((len(starts), k))
    ended = np.where(ends, 0.0, barred)
    for t in range(1, longest):
        n = int(np.searchsorted(-lengths, -t, side="left"))  # sentences longer than t words
        final[n : len(best)] = best[n:]
        best = best[:n]
        closing = best + ended
        any_tag = closing.argmax(axis=1)
        any_score = closing[np.arange(n), any_tag]
        from_b = best[:, b] >= best[:, i]
        into = np.where(goes_on, np.where(from_b, best[:, b], best[:, i]), any_score[:, None])
        back[t, :n] = np.where(goes_on, np.where(from_b, b, i), any_tag[:, None])
        best = into + scores[starts[:n] + t]
    final[: len(best)] = best
    tag = (final + ended).argmax(axis=1)
    rows = np.arange(len(starts))
    for t in range(longest - 1, -1, -1):
        n = int(np.searchsorted(-lengths, -t, side="left"))
        out[starts[:n] + t] = tag[:n]
        tag[:n] = back[t, rows[:n], tag[:n]]
