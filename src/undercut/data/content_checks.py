"""Checks that read the texts themselves: near copies, personal data, injections, scripts."""

from __future__ import annotations

from collections import Counter

import numpy as np

from undercut.core.types import Examples
from undercut.data.checks import Finding, finding
from undercut.data.injection import looks_injected
from undercut.data.near import Near
from undercut.data.normal import same_key
from undercut.data.personal import found as personal_found
from undercut.data.scripts import NONE, scripts
from undercut.data.table import count
from undercut.data.usable import Bad

FAULTS = {
    "unreadable": ("cannot be read", "Mend or delete them"),
    "empty": ("have no text", "Delete them"),
    "missing-label": ("have no label", "Label or delete them"),
}


def unusable(bad: list[Bad]) -> list[Finding]:
    """Report rows that cannot be used: they are errors, ``run`` refuses them."""
    found = []
    for fault, (what, mend) in FAULTS.items():
        rows = [b for b in bad if b.fault == fault]
        if rows:
            one = {"cannot be read": "cannot be read"}.get(what, what.replace("have", "has"))
            why = f": {rows[0].why}" if fault == "unreadable" else ""
            drop = "" if fault == "unreadable" else ", or let --fix write a copy without them"
            message = f"{count(len(rows), f'row {one}', f'rows {what}')}{why} | {mend}{drop}."
            found.append(finding("error", fault, message, [b.row for b in rows]))
    return found


def near_copies(train: Examples, alike: Near) -> list[Finding]:
    """Report rows nearly the same as an earlier one, and those whose labels differ too."""
    keys = [same_key(x) for x in train.inputs]
    first: dict[int, int] = {}
    copies, torn = [], []
    for i, cluster in enumerate(alike.cluster.tolist()):
        earlier = first.setdefault(cluster, i)
        if earlier != i and keys[earlier] != keys[i]:
            copies.append(i)
    for a, b in zip(alike.a.tolist(), alike.b.tolist(), strict=True):
        if train.targets[a] != train.targets[b]:
            torn.append((a, b))
    found = []
    if copies:
        message = (
            f"{count(len(copies), 'row is', 'rows are')} nearly the same as an earlier row | "
            "Splits keep them on one side; delete them if they are copies."
        )
        found.append(
            finding("warning", "near-duplicates", message, [train.rows[i] for i in copies])
        )
    if torn:
        pair = [train.rows[i] for i in torn[0]]
        message = (
            f"{count(len(torn), 'pair', 'pairs')} of near copies have different labels, such as "
            f"'{train.targets[torn[0][0]]}' and '{train.targets[torn[0][1]]}' | "
            "One of the two may be wrong, or the labels overlap."
        )
        rows = [*pair, *(train.rows[i] for p in torn[1:] for i in p)]
        found.append(finding("warning", "near-conflicts", message, rows))
    return found


def near_shared(train: Examples, test: Examples, alike: Near) -> list[Finding]:
    """Report test rows nearly the same as a training row, exact ones aside.

    Args:
        train: rows to learn from.
        test: rows held out.
        alike: near copies over the rows of ``train`` followed by those of ``test``.
    """
    n = len(train)
    known = set(alike.cluster[:n].tolist())
    exact = {same_key(x) for x in train.inputs}
    rows = [
        test.rows[i]
        for i, cluster in enumerate(alike.cluster[n:].tolist())
        if cluster in known and same_key(test.inputs[i]) not in exact
    ]
    if not rows:
        return []
    message = (
        f"{count(len(rows), 'test row is', 'test rows are')} nearly the same as a training row, "
        f"{100 * len(rows) / len(test):.1f} % of the test | "
        "The test figure flatters the model a little; remove them from training."
    )
    return [finding("warning", "near-shared", message, rows)]


def personal(part: Examples) -> list[Finding]:
    """Report rows that look like personal data, by kind; the values are not shown."""
    kinds: Counter[str] = Counter()
    rows = []
    for text, row in zip(part.inputs, part.rows, strict=True):
        held = {kind for kind, _, _ in personal_found(text)}
        if held:
            kinds.update(held)
            rows.append(row)
    if not rows:
        return []
    listed = ", ".join(f"{kind} {n:,}" for kind, n in kinds.most_common())
    message = (
        f"{count(len(rows), 'row holds', 'rows hold')} what looks like personal data: {listed} | "
        "Ask whether you may keep it; the stored splits and the model's word list hold such texts."
    )
    return [finding("warning", "personal-data", message, rows)]


def injections(part: Examples) -> list[Finding]:
    """Report rows that read like instructions to a language model."""
    rows = [r for x, r in zip(part.inputs, part.rows, strict=True) if looks_injected(x)]
    if not rows:
        return []
    message = (
        f"{count(len(rows), 'row reads', 'rows read')} like instructions to a language model | "
        "Harmless to a classifier, not to an API you compare with or label by; look at them."
    )
    return [finding("warning", "prompt-injection", message, rows)]


def script_mix(part: Examples) -> tuple[dict[str, int], list[Finding]]:
    """Return how many rows are in each script, and the rows unlike nearly all others."""
    counted, of = scripts(part.inputs)
    ranked = dict(counted.most_common())
    if not counted:
        return ranked, []
    main, n = counted.most_common(1)[0]
    others = {s: m for s, m in ranked.items() if s not in (main, NONE)}
    found = []
    if others and n >= 0.9 * len(part):
        rows = [r for s, r in zip(of, part.rows, strict=True) if s in others]
        listed = ", ".join(f"{s} {m:,}" for s, m in others.items())
        message = (
            f"{count(len(rows), 'row is', 'rows are')} in another script than the rest, which is "
            f"{main}: {listed} | Are they meant to be there?"
        )
        found.append(finding("warning", "scripts", message, rows))
    if counted[NONE]:
        rows = [r for s, r in zip(of, part.rows, strict=True) if s == NONE]
        message = f"{count(len(rows), 'text has', 'texts have')} no letters | Look at them."
        found.append(finding("warning", "no-letters", message, rows))
    return ranked, found


def pairs_shown(alike: Near, most: int) -> np.ndarray:
    """Return positions of the pairs most alike, at most ``most``."""
    return np.argsort(-alike.similarity, kind="stable")[:most]
