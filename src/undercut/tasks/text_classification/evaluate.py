"""From scores and targets to the whole evaluation record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from undercut.core.errors import Problem, UndercutError
from undercut.core.types import Metric
from undercut.measures import calibration
from undercut.measures.coverage import accuracy_at_coverage
from undercut.measures.intervals import bootstrap_macro_f1, wilson
from undercut.measures.metrics import averages, class_metrics, confusion_matrix
from undercut.measures.record import ClassScore, Confusion, Evaluation, Mistake
from undercut.measures.scores import clean, fault, target_fault

MOST_CONFUSIONS = 50
MOST_MISTAKES = 200


def evaluate(
    log_probs: np.ndarray,
    targets: Sequence[Any] | np.ndarray,
    labels: Sequence[str],
    *,
    split: str,
    texts: Sequence[str] = (),
    rows: Sequence[str] = (),
    truncated: Sequence[bool] = (),
    seed: int = 0,
) -> Evaluation:
    """Evaluate one variant on one split.

    Args:
        log_probs: calibrated log-probabilities ``(n, K)``, at least one row.
        targets: label of each row, as text or as its index in ``labels``, ``(n,)``.
        labels: the label space ``(K,)``, in the order of the columns.
        split: name of the split, such as ``valid``.
        texts: text of each row, shown with mistakes; empty when there is none to show.
        rows: where each row came from, ``file:line``; empty when unknown.
        truncated: which inputs were cut; empty for none.
        seed: of the bootstrap.

    Returns:
        All figures; macro averages leave out labels that occur in neither targets nor answers.

    Raises:
        UndercutError: what does not fit, all at once.
    """
    y = _checked(log_probs, targets, labels, {"texts": texts, "rows": rows, "cut": truncated})
    x = clean(log_probs)
    n, k = x.shape
    answers = x.argmax(axis=1)
    confidence = np.exp(np.minimum(x[np.arange(n), answers], 0))
    correct = answers == y
    confusion = confusion_matrix(y, answers, k)
    mean, each = averages(confusion), class_metrics(confusion)
    low, high = wilson(correct.sum(), n)
    f1_low, f1_high = bootstrap_macro_f1(confusion, seed=seed)
    bins = calibration.reliability_bins(confidence, correct)
    wrong = np.flatnonzero(~correct)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    accuracy = Metric(value=mean.accuracy, low=float(low), high=float(high), n=n, method="wilson")
    return Evaluation(
        split=split,
        rows=n,
        quality=accuracy,
        accuracy=accuracy,
        macro_f1=Metric(value=mean.macro_f1, low=f1_low, high=f1_high, n=n, method="bootstrap"),
        weighted_f1=mean.weighted_f1,
        micro_f1=mean.micro_f1,
        macro_precision=mean.macro_precision,
        macro_recall=mean.macro_recall,
        weighted_precision=mean.weighted_precision,
        weighted_recall=mean.weighted_recall,
        classes=_class_scores(each, confusion, labels),
        confusions=_confusions(confusion, labels),
        ece=calibration.expected_calibration_error(bins),
        log_loss=calibration.log_loss(x, y),
        reliability=bins,
        coverage=accuracy_at_coverage(confidence, correct),
        mistakes=[
            Mistake(
                row=str(rows[i]) if len(rows) else "",
                text=str(texts[i]) if len(texts) else "",
                target=labels[int(y[i])],
                answer=labels[int(answers[i])],
                probability=float(confidence[i]),
            )
            for i in wrong[:MOST_MISTAKES].tolist()
        ],
        truncated=int(np.count_nonzero(truncated)),
    )


def _checked(
    log_probs: Any, targets: Any, labels: Sequence[str], columns: dict[str, Sequence[Any]]
) -> np.ndarray:
    """Return encoded targets ``int64 (n,)``, or raise with everything that is wrong."""
    problems = []
    found = fault(log_probs, len(labels))
    if found:
        problems.append(Problem("log-probabilities of every label, one row a text", found))
    n = len(targets)
    if not n:
        problems.append(Problem("at least one labelled row to evaluate", "none"))
    y = np.asarray(targets)
    if n and y.dtype.kind not in "iu":
        index = {label: i for i, label in enumerate(labels)}
        unknown = sorted({str(t) for t in targets if t not in index})
        if unknown:
            shown = ", ".join(f"'{u}'" for u in unknown[:5])
            problems.append(Problem("targets among the labels", f"{len(unknown)} others: {shown}"))
        y = np.array([index.get(t, 0) for t in targets], dtype=np.int64)
    elif n and (found := target_fault(y, n, len(labels))):
        problems.append(Problem("targets as positions among the labels", found))
    lengths = {"scores": len(np.atleast_1d(np.asarray(log_probs, dtype=object)))}
    lengths |= {name: len(column) for name, column in columns.items() if len(column)}
    off = {name: length for name, length in lengths.items() if length != n}
    if off:
        told = ", ".join(f"{length} {name}" for name, length in off.items())
        problems.append(Problem(f"{n} rows throughout, as many as targets", told))
    if problems:
        raise UndercutError("evaluation-rows", problems)
    return y


def _class_scores(each: Any, confusion: np.ndarray, labels: Sequence[str]) -> list[ClassScore]:
    """Return one record a class, in label order."""
    lows, highs = wilson(confusion.diagonal(), each.support)
    return [
        ClassScore(
            label=label,
            precision=float(each.precision[i]),
            recall=float(each.recall[i]),
            f1=float(each.f1[i]),
            support=int(each.support[i]),
            recall_low=float(lows[i]),
            recall_high=float(highs[i]),
        )
        for i, label in enumerate(labels)
    ]


def _confusions(confusion: np.ndarray, labels: Sequence[str]) -> list[Confusion]:
    """Return the cells off the diagonal, largest first, ties in label order."""
    off = confusion.copy()
    np.fill_diagonal(off, 0)
    target, answer = np.nonzero(off)
    counts = off[target, answer]
    largest = np.argsort(-counts, kind="stable")[:MOST_CONFUSIONS]
    return [
        Confusion(target=labels[target[i]], answer=labels[answer[i]], count=int(counts[i]))
        for i in largest
    ]
