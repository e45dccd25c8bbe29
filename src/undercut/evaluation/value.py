"""What would most likely raise quality next, read from one evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from undercut.measures.record import ClassScore, Evaluation
from undercut.measures.words import percent

MOST = 3
"""Sentences of each kind."""
LEAST_CONFUSED = 3
"""Fewer mix-ups than this are not worth a look."""
CONFUSED_SHARE = 0.05
"""Share of a pair's rows that must be mixed up."""


@dataclass(frozen=True)
class ConfusedPair:
    """Two labels, and how many of their ``rows`` were answered with the other one."""

    first: str
    second: str
    mixed: int
    rows: int


def weakest_classes(evaluation: Evaluation, n: int = 5) -> list[ClassScore]:
    """Return the ``n`` classes that are weakest even at the top of their recall's interval.

    Sorting by the upper end keeps a class with two rows, one of them wrong, behind a class with
    forty rows, twenty of them wrong. Classes without rows are left out.
    """
    seen = [c for c in evaluation.classes if c.support]
    return sorted(seen, key=lambda c: (c.recall_high, c.f1, c.label))[:n]


def confused_pairs(evaluation: Evaluation, n: int = MOST) -> list[ConfusedPair]:
    """Return the ``n`` pairs of labels mixed up most, both directions together."""
    support = {c.label: c.support for c in evaluation.classes}
    mixed: dict[tuple[str, str], int] = {}
    for cell in evaluation.confusions:
        first, second = sorted((cell.target, cell.answer))
        mixed[first, second] = mixed.get((first, second), 0) + cell.count
    pairs = [
        ConfusedPair(a, b, m, support[a] + support[b])
        for (a, b), m in mixed.items()
        if a in support and b in support  # and not with nothing, or with other borders
    ]
    pairs = [p for p in pairs if p.mixed >= max(LEAST_CONFUSED, CONFUSED_SHARE * p.rows)]
    return sorted(pairs, key=lambda p: (-p.mixed, p.first, p.second))[:n]


def label_advice(evaluation: Evaluation, class_counts: Mapping[str, int]) -> list[str]:
    """Say which classes would most likely gain from more labels, and what to look at first.

    A class is called weak when the upper end of its recall's 95 % interval lies below the
    accuracy over all rows. A weak class with at most the median number of labelled rows should
    gain from more of them; a weak class with many is more likely mislabelled or hard to tell from
    another. It is a reading of one split and not a learning curve.

    Args:
        evaluation: of the variant in use, on rows it was not fitted on.
        class_counts: labelled training rows a label.

    Returns:
        One plain sentence a piece of advice, most useful first; never empty.
    """
    median = float(np.median([class_counts.get(c.label, 0) for c in evaluation.classes]))
    overall, counted = evaluation.recall, evaluation.counted
    ranked = weakest_classes(evaluation, len(evaluation.classes))
    weak = [c for c in ranked if c.recall_high < overall]
    few = [c for c in weak if class_counts.get(c.label, 0) <= median]
    many = [c for c in weak if class_counts.get(c.label, 0) > median]
    advice = [
        f"Label more rows of '{c.label}': {_found(c, counted)}, "
        f"learnt from {counted(class_counts.get(c.label, 0))} (median {median:.0f})."
        for c in few[:MOST]
    ]
    advice += [
        f"Read the rows mixed up between '{p.first}' and '{p.second}' ({p.mixed} of {p.rows}): "
        "the labels may overlap."
        for p in confused_pairs(evaluation)
    ]
    advice += [
        f"Check the labels of '{c.label}' before buying more: {_found(c, counted)}, "
        f"although it learnt from {counted(class_counts[c.label])} (median {median:.0f})."
        for c in many[:MOST]
    ]
    unseen = [c.label for c in evaluation.classes if not c.support]
    if unseen:
        shown = ", ".join(f"'{label}'" for label in unseen[:MOST])
        more = f" and {len(unseen) - MOST} more" if len(unseen) > MOST else ""
        advice.append(
            f"Hold out rows of {shown}{more}: {evaluation.split} has none, "
            "so nothing is known of them."
        )
    if not advice:
        advice.append(
            "No class is surely weaker than the average on these "
            f"{counted(evaluation.things or evaluation.rows)}, and no pair "
            "stands out: more labels would help all classes about alike."
        )
    return advice


def _found(c: ClassScore, counted: Callable[[int], str]) -> str:
    """Return how much of a class is found, with the upper end that makes it weak."""
    return (
        f"{percent(c.recall)} of its {counted(c.support)} answered right "
        f"(at most {percent(c.recall_high)})"
    )
