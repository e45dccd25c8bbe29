"""Checks that read the texts themselves: near copies, personal data, injections, scripts."""

from __future__ import annotations

from collections import Counter

import numpy as np

from undercut.core.types import Examples
from undercut.data.checks import Finding, finding
from undercut.data.injection import looks_injected
from undercut.data.near import Near
from undercut.data.normal import first_alike, same_hashes
from undercut.data.personal import found as personal_found
from undercut.data.rows import LISTED, Fault, Refused
from undercut.data.scripts import NONE, scripts
from undercut.data.table import count

FAULTS: dict[Fault, tuple[str, str]] = {
    "unreadable": ("cannot be read", "Mend or delete them"),
    "empty": ("have no text", "Delete them"),
    "missing-label": ("have no label", "Label or delete them"),
}


def unusable(refused: Refused) -> list[Finding]:
    """Report rows that cannot be used: they are errors, ``run`` refuses them."""
    found = []
    for fault, (what, mend) in FAULTS.items():
        if n := refused.rows[fault]:
            one = {"cannot be read": "cannot be read"}.get(what, what.replace("have", "has"))
            why = f": {refused.why}" if fault == "unreadable" else ""
            drop = "" if fault == "unreadable" else ", or let --fix write a copy without them"
            message = f"{count(n, f'row {one}', f'rows {what}')}{why} | {mend}{drop}."
            found.append(finding("error", fault, message, refused.first[fault]))
    return found


def near_copies(train: Examples, alike: Near, among: str = "") -> list[Finding]:
    """Report rows nearly the same as an earlier one, and those whose labels differ too.

    Args:
        train: rows looked at.
        alike: their near copies.
        among: which rows these are, when they are a sample.
    """
    keys, first = same_hashes(train.inputs), first_alike(alike.cluster)
    copies = np.flatnonzero((first != np.arange(len(first))) & (keys[first] != keys)).tolist()
    torn = []
    among = f"Among {among}: " if among else ""
    for a, b in zip(alike.a.tolist(), alike.b.tolist(), strict=True):
        if train.targets[a] != train.targets[b]:
            torn.append((a, b))
    found = []
    if copies:
        message = (
            f"{among}{count(len(copies), 'row is', 'rows are')} nearly the same as an earlier "
            "row | Splits keep them on one side; delete them if they are copies."
        )
        found.append(finding("warning", "near-duplicates", message, _rows(train, copies[:LISTED])))
    if torn:
        message = (
            f"{among}{count(len(torn), 'pair', 'pairs')} of near copies have different labels, "
            f"such as '{train.targets[torn[0][0]]}' and '{train.targets[torn[0][1]]}' | "
            "One of the two may be wrong, or the labels overlap."
        )
        rows = _rows(train, [i for p in torn[:LISTED] for i in p])
        found.append(finding("warning", "near-conflicts", message, rows))
    return found


def _rows(part: Examples, at: list[int]) -> list[str]:
    return [part.rows[i] for i in at]


def near_shared(train: Examples, test: Examples, alike: Near, among: str = "") -> list[Finding]:
    """Report test rows nearly the same as a training row, exact ones aside.

    Args:
        train: rows to learn from.
        test: rows held out.
        alike: near copies over the rows of ``train`` followed by those of ``test``.
        among: which rows these are, when they are a sample.
    """
    n = len(train)
    known = set(alike.cluster[:n].tolist())
    exact = np.isin(same_hashes(test.inputs), same_hashes(train.inputs)).tolist()
    alike_only = [
        i
        for i, cluster in enumerate(alike.cluster[n:].tolist())
        if cluster in known and not exact[i]
    ]
    if not alike_only:
        return []
    message = (
        f"{f'Among {among}: ' if among else ''}"
        f"{count(len(alike_only), 'test row is', 'test rows are')} nearly the same as a training "
        f"row, {100 * len(alike_only) / len(test):.1f} % of the test | "
        "The test figure flatters the model a little; remove them from training."
    )
    rows = _rows(test, alike_only[:LISTED])
    return [finding("warning", "near-shared", message, rows)]


def personal(part: Examples) -> list[Finding]:
    """Report rows that look like personal data, by kind; the values are not shown."""
    kinds: Counter[str] = Counter()
    n, rows = 0, []
    for i, text in enumerate(part.inputs):
        held = {kind for kind, _, _ in personal_found(text)}
        if held:
            kinds.update(held)
            n += 1
            if n <= LISTED:
                rows.append(part.rows[i])
    if not rows:
        return []
    listed = ", ".join(f"{kind} {n:,}" for kind, n in kinds.most_common())
    message = (
        f"{count(n, 'row holds', 'rows hold')} what looks like personal data: {listed} | "
        "Ask whether you may keep it; the stored splits and the model's word list hold such texts."
    )
    return [finding("warning", "personal-data", message, rows)]


def injections(part: Examples) -> list[Finding]:
    """Report rows that read like instructions to a language model."""
    at = [i for i, x in enumerate(part.inputs) if looks_injected(x)]
    if not at:
        return []
    rows = _rows(part, at[:LISTED])
    message = (
        f"{count(len(at), 'row reads', 'rows read')} like instructions to a language model | "
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
        rows = _rows(part, [i for i, s in enumerate(of) if s in others][:LISTED])
        listed = ", ".join(f"{s} {m:,}" for s, m in others.items())
        message = (
            f"{count(sum(others.values()), 'row is', 'rows are')} in another script than the rest, "
            f"which is {main}: {listed} | Are they meant to be there?"
        )
        found.append(finding("warning", "scripts", message, rows))
    if counted[NONE]:
        rows = _rows(part, [i for i, s in enumerate(of) if s == NONE][:LISTED])
        message = f"{count(counted[NONE], 'text has', 'texts have')} no letters | Look at them."
        found.append(finding("warning", "no-letters", message, rows))
    return ranked, found


def pairs_shown(alike: Near, most: int) -> np.ndarray:
    """Return positions of the pairs most alike, at most ``most``."""
    return np.argsort(-alike.similarity, kind="stable")[:most]
