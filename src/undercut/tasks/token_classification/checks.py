"""What is wrong with rows of entities: copies, leaks, contradictions, rare types, empty texts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from undercut.core.types import Examples
from undercut.data.checks import Finding, finding
from undercut.data.normal import same_key
from undercut.data.table import count
from undercut.tasks.token_classification.words import words_of

FEW = 10
SPLIT = 20
"""A surface that is an entity this often and none as often is worth a look."""


def check(train: Examples, test: Examples | None) -> list[Finding]:
    """Return what is wrong with rows of entities, errors first.

    Args:
        train: every row to learn from, validation rows included.
        test: rows held out, if any.
    """
    texts = [words_of(x).text for x in train.inputs]
    sizes = Counter(kind for target in train.targets for _, _, kind in target)
    found = _empty(train, texts) + _types(train, sizes) + _variants(sizes)
    keys = [same_key(text) for text in texts]
    found += _repeats(train, keys) + _torn_surfaces(train, texts)
    if test is not None and len(test):
        found += _unseen(sizes, test) + _shared(keys, test)
    return sorted(found, key=lambda f: f.severity != "error")


def _empty(train: Examples, texts: Sequence[str]) -> list[Finding]:
    rows = [r for text, r in zip(texts, train.rows, strict=True) if not text.strip()]
    if not rows:
        return []
    severity = "error" if len(rows) == len(texts) else "warning"
    message = f"{count(len(rows), 'text is', 'texts are')} empty | Delete these rows."
    return [finding(severity, "empty", message, rows)]


def _types(train: Examples, sizes: Counter[str]) -> list[Finding]:
    if not sizes:
        message = "There is no entity | Is the tag column the right one (--label-column N)?"
        return [finding("error", "classes", message, list(train.rows[:3]))]
    few = {kind for kind, n in sizes.items() if n < FEW}
    if not few:
        return []
    named = ", ".join(f"'{k}' ({sizes[k]})" for k in sorted(few, key=lambda k: (sizes[k], k))[:6])
    message = (
        f"{count(len(few), 'type has', 'types have')} fewer than {FEW} entities: {named} | "
        "They will hardly be learnt; label more, or merge them into another type."
    )
    return [finding("warning", "few-rows", message, _rows_with(train, few))]


def _variants(sizes: Counter[str]) -> list[Finding]:
    alike: dict[str, list[str]] = defaultdict(list)
    for kind in sizes:
        alike[same_key(kind)].append(kind)
    return [
        finding(
            "warning",
            "label-variants",
            f"{len(group)} types differ only in case, space or width: {', '.join(sorted(group))} | "
            "They are learnt as different types; write one everywhere.",
            [],
        )
        for group in alike.values()
        if len(group) > 1
    ]


def _repeats(train: Examples, keys: Sequence[str]) -> list[Finding]:
    """Find texts that stand more than once, alike or with other entities."""
    members: dict[str, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        members[key].append(i)
    again = [i for rows in members.values() for i in rows[1:]]
    torn = [rows for rows in members.values() if len({str(train.targets[i]) for i in rows}) > 1]
    found = []
    if again:
        message = (
            f"{count(len(again), 'row repeats', 'rows repeat')} the text of an earlier row | "
            "They count twice in training and teach nothing new; delete them if they are copies."
        )
        found.append(finding("warning", "duplicates", message, [train.rows[i] for i in again]))
    if torn:
        message = (
            f"{count(len(torn), 'text stands', 'texts stand')} more than once with other entities "
            "| No model can get all of these right; mend one of each."
        )
        rows = [train.rows[i] for group in torn for i in group]
        found.append(finding("warning", "conflicts", message, rows))
    return found


def _torn_surfaces(train: Examples, texts: Sequence[str]) -> list[Finding]:
    """Find words that are of several types, each often enough to look like a rule."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for target, text in zip(train.targets, texts, strict=True):
        for start, end, kind in target:
            kinds[same_key(text[start:end])][kind] += 1
    torn = {key: c for key, c in kinds.items() if len(c) > 1 and c.most_common(2)[1][1] >= SPLIT}
    if not torn:
        return []
    worst = max(torn, key=lambda key: torn[key].total())
    said = ", ".join(f"{kind} {n}" for kind, n in torn[worst].most_common(3))
    message = (
        f"{count(len(torn), 'entity has', 'entities have')} two types often, such as "
        f"'{worst}': {said} | Context may tell them apart; else settle on one."
    )
    return [finding("warning", "type-conflicts", message, [])]


def _unseen(sizes: Counter[str], test: Examples) -> list[Finding]:
    strange = {kind for target in test.targets for _, _, kind in target} - set(sizes)
    if not strange:
        return []
    message = (
        f"{count(len(strange), 'test type never occurs', 'test types never occur')} in training: "
        f"{', '.join(sorted(strange)[:6])} | Add training rows of them, or drop them."
    )
    return [finding("error", "unseen-labels", message, _rows_with(test, strange))]


def _shared(keys: Sequence[str], test: Examples) -> list[Finding]:
    known = set(keys)
    rows = [
        r
        for x, r in zip(test.inputs, test.rows, strict=True)
        if same_key(words_of(x).text) in known
    ]
    if not rows:
        return []
    message = (
        f"{count(len(rows), 'test row is', 'test rows are')} also in training, "
        f"{100 * len(rows) / len(test):.1f} % of the test | "
        "The test figure would flatter the model; remove them from training."
    )
    return [finding("warning", "shared", message, rows)]


def _rows_with(part: Examples, kinds: set[str]) -> list[str]:
    def has(target: Sequence[Any]) -> bool:
        return any(kind in kinds for _, _, kind in target)

    return [r for t, r in zip(part.targets, part.rows, strict=True) if has(t)]
