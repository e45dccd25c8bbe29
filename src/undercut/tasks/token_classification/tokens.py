"""The report by token: every tag a class, ``O`` left out of the averages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from undercut.measures.intervals import wilson
from undercut.measures.metrics import class_metrics, confusion_matrix, ratio
from undercut.measures.record import ClassScore, UnitReport
from undercut.tasks.token_classification.scheme import OUTSIDE


def token_report(units: np.ndarray, tags: np.ndarray, labels: Sequence[str]) -> UnitReport:
    """Return precision, recall and F1 of each tag over tokens.

    Args:
        units: right tags ``int64 (U,)``.
        tags: answered tags ``int64 (U,)``.
        labels: the tags.
    """
    confusion = confusion_matrix(units, tags, len(labels))
    each = class_metrics(confusion)
    lows, highs = wilson(confusion.diagonal(), each.support)
    inside = np.array([label != OUTSIDE for label in labels])
    hits = int(confusion.diagonal()[inside].sum())
    wanted, answered = int(confusion[inside].sum()), int(confusion[:, inside].sum())
    seen = inside & ((confusion.sum(axis=0) + confusion.sum(axis=1)) > 0)
    return UnitReport(
        units=len(units),
        micro_precision=float(ratio(hits, answered)),
        micro_recall=float(ratio(hits, wanted)),
        micro_f1=float(ratio(2 * hits, wanted + answered)),
        macro_f1=float(ratio(each.f1[seen].sum(), seen.sum())),
        labels=[
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
        ],
    )
