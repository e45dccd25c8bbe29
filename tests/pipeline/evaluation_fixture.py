"""A simulated evaluation: answers are drawn, and every figure of the record is computed from them."""

from __future__ import annotations

import math
import random
from collections import Counter

from undercut.core.types import Metric
from undercut.measures.intervals import wilson
from undercut.measures.record import (
    ClassScore,
    Confusion,
    CoveragePoint,
    Evaluation,
    Mistake,
    ReliabilityBin,
)


def metric(value: float, n: int, method: str = "wilson") -> Metric:
    """Return a metric with its Wilson interval."""
    low, high = wilson(value * n, n)
    return Metric(value=value, low=float(low), high=float(high), n=n, method=method)


def evaluation(
    labels: list[str], texts: list[str], rows: int, accuracy: float, split: str, seed: int = 7
) -> Evaluation:
    """Simulate answers and compute every figure of the record from them."""
    rng = random.Random(seed)
    k = len(labels)
    hard = [rng.random() ** 3 for _ in labels]
    scale = (1 - accuracy) / (sum(hard) / k)
    answers = []
    for i in range(rows):
        target = i % k
        wrong = rng.random() < hard[target] * scale
        step = rng.choice([1, 1, 1, 2, 2, 3, rng.randrange(1, k)]) % k or 1
        answer = (target + step) % k if wrong else target
        p = 1 - 0.5 * rng.random() ** (1.2 if wrong else 7)
        answers.append((i, target, answer, p))
    right = [(i, t, a, p) for i, t, a, p in answers if t == a]
    share = len(right) / rows
    classes = []
    for c, label in enumerate(labels):
        support = sum(t == c for _, t, _, _ in answers)
        said = sum(a == c for _, _, a, _ in answers)
        hits = sum(t == c == a for _, t, a, _ in answers)
        precision, recall = hits / max(said, 1), hits / max(support, 1)
        low, high = map(float, wilson(hits, support))
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        classes.append(
            ClassScore(
                label=label, precision=precision, recall=recall, f1=f1, support=support,
                recall_low=low, recall_high=high,
            )
        )  # fmt: skip
    pairs = Counter((t, a) for _, t, a, _ in answers if t != a).most_common(50)
    by_p = sorted(answers, key=lambda r: r[3])
    bins = []
    for b in range(15):
        part = by_p[b * rows // 15 : (b + 1) * rows // 15]
        bins.append(
            ReliabilityBin(
                low=part[0][3], high=part[-1][3], rows=len(part),
                confidence=sum(r[3] for r in part) / len(part),
                accuracy=sum(r[1] == r[2] for r in part) / len(part),
            )
        )  # fmt: skip
    points = []
    for tenth in range(1, 21):
        part = by_p[rows - rows * tenth // 20 :]
        points.append(
            CoveragePoint(
                coverage=tenth / 20, threshold=part[0][3],
                accuracy=sum(r[1] == r[2] for r in part) / len(part),
            )
        )  # fmt: skip
    wrong_rows = sorted((r for r in answers if r[1] != r[2]), key=lambda r: -r[3])
    macro = sum(c.f1 for c in classes) / k
    return Evaluation(
        split=split,
        rows=rows,
        quality=metric(share, rows), accuracy=metric(share, rows),
        macro_f1=metric(macro, rows, "bootstrap"),
        weighted_f1=sum(c.f1 * c.support for c in classes) / rows,
        micro_f1=share,
        macro_precision=sum(c.precision for c in classes) / k,
        macro_recall=sum(c.recall for c in classes) / k,
        classes=classes,
        confusions=[Confusion(target=labels[t], answer=labels[a], count=n) for (t, a), n in pairs],
        ece=sum(b.rows * abs(b.confidence - b.accuracy) for b in bins) / rows,
        log_loss=-sum(math.log(p if t == a else 1 - p + 1e-3) for _, t, a, p in answers) / rows,
        reliability=bins,
        coverage=points,
        mistakes=[
            Mistake(
                row=f"{split}.csv:{i + 2}", text=texts[i % len(texts)],
                target=labels[t], answer=labels[a], probability=p,
            )
            for i, t, a, p in wrong_rows[:200]
        ],
        truncated=3,
    )  # fmt: skip
