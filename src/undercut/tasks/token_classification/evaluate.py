"""From scores and entities to the whole evaluation record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from undercut.core.errors import Problem, UndercutError
from undercut.core.types import Metric
from undercut.measures import calibration
from undercut.measures.coverage import accuracy_at_coverage
from undercut.measures.f1 import micro_f1, percentile_interval, resampled_sums
from undercut.measures.intervals import wilson
from undercut.measures.metrics import macro_f1, ratio
from undercut.measures.record import ClassScore, Evaluation
from undercut.measures.scores import clean, fault
from undercut.tasks.token_classification.align import Batch, Spans
from undercut.tasks.token_classification.errors import confusions, mistakes, pair
from undercut.tasks.token_classification.found import Matched, confidence, find
from undercut.tasks.token_classification.judge import quality
from undercut.tasks.token_classification.scheme import type_names
from undercut.tasks.token_classification.tokens import token_report


def evaluate(
    log_probs: np.ndarray,
    batch: Batch,
    gold: Spans,
    labels: Sequence[str],
    *,
    units: np.ndarray,
    split: str,
    rows: Sequence[str] = (),
    truncated: Sequence[bool] = (),
) -> Evaluation:
    """Evaluate one variant on one split.

    Precision, recall and F1 are of entities, strictly: exactly the characters and the type, one
    answer for one entity. Confidence and calibration are those of the entities answered; log loss
    and accuracy those of tokens.

    Args:
        log_probs: calibrated log-probabilities of the words ``(U, K)``.
        batch: the words.
        gold: the entities there are.
        labels: the K tags, in the order of the columns.
        units: the right tag of each word, as a position, ``int64 (U,)``.
        split: name of the split.
        rows: where each input came from, ``file:line``; empty when unknown.
        truncated: which inputs were cut; empty for none.

    Raises:
        UndercutError: scores that do not fit, or nothing to evaluate.
    """
    n = len(batch.words)
    problems = []
    if not n or not len(units):
        problems.append(Problem("at least one labelled row to evaluate", "none"))
    elif found := fault(log_probs, len(labels)):
        problems.append(Problem("log-probabilities of every tag, one row a word", found))
    elif len(log_probs) != len(units):
        problems.append(Problem(f"scores of {len(units):,} words", f"{len(log_probs):,} rows"))
    if problems:
        raise UndercutError("evaluation-rows", problems)
    x = clean(log_probs)
    answer = find(x, batch, labels)
    matched = Matched.of(gold, answer.spans)
    types = type_names(labels)
    by_input = _by_input_and_type(matched, n, len(types))  # (n, T, 3)
    drawn = resampled_sums(by_input.reshape(n, -1)).reshape(-1, len(types), 3)
    total = by_input.sum(axis=0)  # (T, 3)
    sure, right = confidence(x, answer, batch, labels), matched.hit_answered
    bins = calibration.reliability_bins(sure, right) if len(sure) else []
    pairs = pair(matched)
    return Evaluation(
        split=split,
        rows=n,
        quality_name="entity F1",
        quality=quality(matched, n),
        unit_name="token",
        thing_name="entity",
        things=len(gold),
        accuracy=_accuracy(answer.tags == units, batch),
        macro_f1=_macro(total, drawn, n),
        **_averages(total),
        classes=_classes(types, total, drawn),
        confusions=confusions(pairs, matched, types),
        ece=calibration.expected_calibration_error(bins),
        log_loss=calibration.log_loss(x, units),
        reliability=bins,
        coverage=accuracy_at_coverage(sure, right) if len(sure) else [],
        mistakes=mistakes(pairs, matched, batch, answer, x, sure, types, rows),
        truncated=int(np.count_nonzero(truncated)),
        per_unit=token_report(units, answer.tags, labels),
    )


def _by_input_and_type(matched: Matched, n: int, types: int) -> np.ndarray:
    """Return hits, entities there are and entities answered, ``int64 (n, T, 3)``."""
    gold, answered = matched.gold, matched.answered

    def table(spans: Spans, of: np.ndarray) -> np.ndarray:
        cell = spans.owner[of] * types + spans.kinds[of]
        return np.bincount(cell, minlength=n * types).reshape(n, types)

    every = np.ones(len(gold), bool), np.ones(len(answered), bool)
    return np.stack(
        [table(gold, matched.hit_gold), table(gold, every[0]), table(answered, every[1])], axis=-1
    )


def _accuracy(right: np.ndarray, batch: Batch) -> Metric:
    """Return the share of tokens with the right tag; its interval by resampling inputs."""
    sizes = np.diff(batch.firsts)
    cumulated = np.concatenate([[0], np.cumsum(right)])
    hits = cumulated[batch.firsts[1:]] - cumulated[batch.firsts[:-1]]
    point = float(right.mean())
    drawn = resampled_sums(np.stack([hits, sizes], axis=1))
    low, high = percentile_interval(ratio(drawn[:, 0], drawn[:, 1]), point)
    return Metric(value=point, low=low, high=high, n=len(right), method="bootstrap")


def _macro(total: np.ndarray, drawn: np.ndarray, n: int) -> Metric:
    point = float(macro_f1(*total.T))
    each = macro_f1(*np.moveaxis(drawn, -1, 0))
    low, high = percentile_interval(each, point)
    return Metric(value=point, low=low, high=high, n=n, method="bootstrap")


def _averages(total: np.ndarray) -> dict[str, float]:
    """Return the averages of counts ``(T, 3)``; macro over types that occur or are answered."""
    hits, wanted, answered = total.T
    precision, recall, f1 = ratio(hits, answered), ratio(hits, wanted), micro_f1(total)
    seen = (wanted + answered) > 0
    macro, weight = ratio(seen, seen.sum()), ratio(wanted, wanted.sum())
    return {
        "weighted_f1": float(weight @ f1),
        "micro_f1": float(micro_f1(total.sum(axis=0))),
        "macro_precision": float(macro @ precision),
        "macro_recall": float(macro @ recall),
        "weighted_precision": float(weight @ precision),
        "weighted_recall": float(weight @ recall),
        "micro_precision": float(ratio(hits.sum(), answered.sum())),
        "micro_recall": float(ratio(hits.sum(), wanted.sum())),
    }


def _classes(types: Sequence[str], total: np.ndarray, drawn: np.ndarray) -> list[ClassScore]:
    """Return one record a type, in order."""
    hits, wanted, answered = total.T
    lows, highs = wilson(hits, wanted)
    precision, recall, f1 = ratio(hits, answered), ratio(hits, wanted), micro_f1(total)
    found = []
    for i, name in enumerate(types):
        f1_low, f1_high = percentile_interval(micro_f1(drawn[:, i]), float(f1[i]))
        found.append(
            ClassScore(
                label=name,
                precision=float(precision[i]),
                recall=float(recall[i]),
                f1=float(f1[i]),
                support=int(wanted[i]),
                recall_low=float(lows[i]),
                recall_high=float(highs[i]),
                f1_low=f1_low if wanted[i] + answered[i] else None,
                f1_high=f1_high if wanted[i] + answered[i] else None,
            )
        )
    return found
