"""Confusion matrix, and precision, recall and F1 by class and on average.

A ratio whose denominator is zero is 0.0, here and everywhere in the report: a class that is
never answered has precision 0.0, a class without rows recall 0.0, and F1 is 0.0 when both are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassMetrics:
    """One value a class, each ``(K,)``; shares, and ``support`` as rows."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


@dataclass(frozen=True)
class Averages:
    """Averages over classes, as shares; with one label a row, micro-F1 equals accuracy."""

    accuracy: float
    micro_f1: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    weighted_precision: float
    weighted_recall: float
    weighted_f1: float


def ratio(part: np.ndarray | float, whole: np.ndarray | float) -> np.ndarray:
    """Divide elementwise; 0.0 where ``whole`` is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(part, whole, out=np.zeros(whole.shape), where=whole != 0)


def confusion_matrix(targets: np.ndarray, answers: np.ndarray, k: int) -> np.ndarray:
    """Count rows by target and answer.

    Args:
        targets: encoded targets ``(n,)``, in ``[0, k)``.
        answers: encoded answers ``(n,)``, in ``[0, k)``.
        k: number of labels.

    Returns:
        ``int64 (k, k)``; row = target, column = answer.
    """
    cell = np.asarray(targets, np.int64) * k + np.asarray(answers, np.int64)
    return np.bincount(cell, minlength=k * k).reshape(k, k)


def class_metrics(confusion: np.ndarray) -> ClassMetrics:
    """Return precision, recall, F1 and support of each class of a confusion matrix ``(K, K)``."""
    hits, actual, answered = margins(confusion)
    return ClassMetrics(
        precision=ratio(hits, answered),
        recall=ratio(hits, actual),
        f1=ratio(2 * hits, actual + answered),
        support=actual,
    )


def averages(confusion: np.ndarray) -> Averages:
    """Return the averages of a confusion matrix ``(K, K)``.

    Macro averages are taken over the classes that occur among targets or answers, as
    scikit-learn does when it is not given a label list; a label that occurs nowhere in a split
    says nothing about the model. Weighted averages weigh each class by its support.
    """
    hits, actual, answered = margins(confusion)
    each = class_metrics(confusion)
    seen = (actual + answered) > 0
    macro = ratio(seen, seen.sum())
    weight = ratio(actual, actual.sum())
    accuracy = float(ratio(hits.sum(), actual.sum()))
    return Averages(
        accuracy=accuracy,
        micro_f1=accuracy,
        macro_precision=float(macro @ each.precision),
        macro_recall=float(macro @ each.recall),
        macro_f1=float(macro_f1(hits, actual, answered)),
        weighted_precision=float(weight @ each.precision),
        weighted_recall=float(weight @ each.recall),
        weighted_f1=float(weight @ each.f1),
    )


def margins(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return hits, rows labelled and rows answered of each class, each ``(K,)``."""
    return confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)


def macro_f1(hits: np.ndarray, actual: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """Return macro-F1 from class counts ``(..., K)``, over the classes that occur."""
    whole = np.asarray(actual) + np.asarray(answered)
    return ratio(ratio(2 * np.asarray(hits), whole).sum(axis=-1), (whole > 0).sum(axis=-1))
