"""Rows small enough to fit any method on in seconds, for every registered task."""

from __future__ import annotations

import random
from typing import Any

from conformance.tagged import tagged_rows
from undercut.core.types import Examples

_WORDS = {
    "refund": ["money", "refund", "back", "charged", "退款", "钱"],
    "delivery": ["parcel", "late", "where", "courier", "快递", "到货"],
    "password": ["login", "password", "reset", "locked", "密码", "登录"],
}
_FILLER = ["please", "my", "the", "order", "help", "today", "问题", "请"]


def rows_of(task: str, n: int, seed: int) -> Examples:
    """Return ``n`` labelled rows of a task; a new task adds its own kind of rows here."""
    if task == "token-classification":
        return tagged_rows(n, seed)
    if task != "text-classification":
        raise LookupError(f"the conformance suite has no sample rows for task {task}")
    rng = random.Random(seed)
    labels = sorted(_WORDS)
    targets = [labels[i % len(labels)] for i in range(n)]
    texts = []
    for target in targets:
        words = rng.choices(_WORDS[target], k=3) + rng.choices(_FILLER, k=rng.randint(1, 9))
        rng.shuffle(words)
        texts.append(" ".join(words))
    return Examples(texts, targets, [f"sample:{i + 2}" for i in range(n)])


def is_right(task: str, answer: Any, target: Any) -> bool:
    """Return whether an answer is the target, judged by what a user sees of it."""
    if task == "token-classification":
        return [[e.start, e.end, e.type] for e in answer.entities] == target
    if task != "text-classification":
        raise LookupError(f"the conformance suite cannot judge answers of task {task}")
    return answer.label == target and answer.probability == max(answer.probabilities.values())


def answers_of(task: str, answer: Any) -> list[tuple[str, str]]:
    """Return what an answer says: each class, and the characters it is about, if not all."""
    if task == "token-classification":
        return [(e.type, e.text) for e in answer.entities]
    if task != "text-classification":
        raise LookupError(f"the conformance suite cannot read answers of task {task}")
    return [(answer.label, "")]


def unseen_too(task: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels with one or two more, first in their order, that no sample row has."""
    if task == "token-classification":
        return (labels[0], "B-AAA", "I-AAA", *labels[1:])
    return ("aaa-unseen", *labels)


ODD_TEXTS = [
    "",
    " ",
    "a",
    "\x00nul\x00",
    "😀🏳️‍🌈 emoji",
    "我的快递到哪里了",
    "line\nbreak\tand tab",
    "x" * 5000,
    "money back " * 400,
    "ﬁ ligature ＦＵＬＬ width é",
    "<b>&amp;</b>",
]
