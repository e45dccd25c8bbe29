"""Which rules are let in: those whose precision the rows prove, in the order of the table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from undercut.core.errors import Problem, UndercutError
from undercut.core.types import Examples, Manifest
from undercut.economics.tiers import lower_bound
from undercut.models.rules.rule import Rule, Rules
from undercut.pipeline.cascade.facts import RuleFacts
from undercut.store import artefacts, learned

RULES = "rules"


def admit(rules: Sequence[Rule], rows: Examples, least: float) -> list[RuleFacts]:
    """Measure each rule on the rows that no rule let in before it answers.

    A rule is let in when the exact one-sided 95 % lower bound of its precision is at least
    ``least``. The bound holds for each rule by itself.

    Args:
        rules: in their order.
        rows: labelled texts.
        least: precision to be proven, as a share.
    """
    matcher = Rules(rules)
    left = np.ones(len(rows), bool)
    found = []
    for i, rule in enumerate(rules):
        at = [j for j in np.flatnonzero(left).tolist() if matcher.matches(i, rows.inputs[j])]
        right = sum(rows.targets[j] == rule.label for j in at)
        low = lower_bound(right, len(at)) if at else 0.0
        let_in = bool(at) and low >= least
        if let_in:
            left[at] = False
        found.append(
            RuleFacts(
                pattern=rule.pattern,
                label=rule.label,
                kind=rule.kind,
                where=rule.where,
                rows=len(at),
                right=right,
                precision=right / len(at) if at else None,
                precision_low=low,
                let_in=let_in,
                reason=_reason(right, len(at), low, least),
            )
        )
    return found


def _reason(right: int, n: int, low: float, least: float) -> str:
    if not n:
        return "no row matches it, so nothing is known of it"
    figures = f"right on {right:,} of {n:,} rows, at least {low:.1%} at 95 %"
    if low >= least:
        return figures
    needed = int(np.ceil(np.log(0.05) / np.log(least))) if 0 < least < 1 else 0
    few = f"; {needed:,} rows without a mistake would do" if right == n and needed > n else ""
    return f"{figures}, where {least:.0%} is wanted{few}"


def refused(found: Sequence[RuleFacts], least: float) -> UndercutError:
    """Return the error for a table of which no rule is let in, with the figures of each."""
    shown = [
        Problem(
            f"a precision of {least:.0%} that rows prove", f"'{r.pattern}': {r.reason}", r.where
        )
        for r in found[:20]
    ]
    return UndercutError("rules-refused", shown)


def write_rules(
    folder: Path, rules: Sequence[Rule], found: Sequence[RuleFacts], like: Manifest
) -> Manifest:
    """Write the rules that were let in as an artefact.

    A rule is as sure as it was right, one hit and one miss added (Laplace's rule of succession).

    Args:
        folder: where.
        rules: all of the table.
        found: what was found out about each.
        like: a manifest of the same task and labels.
    """
    kept = [
        {
            "pattern": rule.pattern,
            "label": rule.label,
            "kind": rule.kind,
            "where": Path(rule.where).name,
            "terms": list(rule.terms),
            "precision": (facts.right + 1) / (facts.rows + 2),
        }
        for rule, facts in zip(rules, found, strict=True)
        if facts.let_in
    ]
    manifest = Manifest(
        name=RULES,
        task=like.task,
        architecture=RULES,
        format=RULES,
        labels=like.labels,
        config={"rules": kept},
        dataset=like.dataset,
        data_licence=like.data_licence,
    )
    nothing = np.zeros(0, np.uint64)  # the rows it was judged on are the cascade's
    return artefacts.write(folder, manifest, lambda out: learned.write(out, nothing))
