"""What a cascade is asked for: one goal, and models that go together, each with a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from undercut.core import plugins
from undercut.core.errors import Problem, UndercutError, fail
from undercut.core.specs_cascade import CascadeSpec
from undercut.core.types import Manifest
from undercut.economics.tiers import Goal
from undercut.pipeline.cascade.admission import RULES
from undercut.pipeline.cascade.outside import NAME
from undercut.pipeline.gather import MODEL
from undercut.store import artefacts


def goal_of(spec: CascadeSpec) -> Goal:
    """Return the one goal.

    Raises:
        UndercutError: code ``cascade-goals``; several.
    """
    given = {
        "--target-accuracy": spec.target_accuracy,
        "--budget-usd-per-1k": spec.budget_usd_per_1k,
        "--error-usd": spec.error_usd,
    }
    named = [flag for flag, value in given.items() if value is not None]
    if len(named) > 1:
        raise fail(
            "cascade-goals",
            expected="one goal: a target accuracy, a budget, or the value of an error",
            found=" and ".join(named),
        )
    budget = None if spec.budget_usd_per_1k is None else spec.budget_usd_per_1k / 1000
    return Goal(spec.target_accuracy, budget, spec.error_usd, spec.max_drop / 100)


def checked(folders: Sequence[Path], others: int) -> list[Manifest]:
    """Return the tiers' manifests.

    Raises:
        UndercutError: too few tiers, a task a cascade does not do, or different labels.
    """
    if len(folders) + others < 2 or not folders:
        raise fail(
            "cascade-tiers",
            expected="two models or more, cheapest first; or one with --rules or --api",
            found=str(len(folders)),
            fix="For example: undercut cascade train-linear train-full.",
        )
    manifests = [artefacts.read_manifest(f) for f in folders]
    able = plugins.get("model", "cascade").tasks
    problems = [
        Problem(f"a model for {', '.join(able)}", m.task, str(f))
        for f, m in zip(folders, manifests, strict=True)
        if m.task not in able
    ]
    if problems:
        raise UndercutError("cascade-task", problems)
    first = manifests[0].labels
    for folder, m in zip(folders, manifests, strict=True):
        if m.labels != first:
            odd = sorted(set(m.labels) ^ set(first))[:5]
            found = f"others: {', '.join(odd)}" if odd else "the same in another order"
            problems.append(Problem(f"the labels of {folders[0]}", found, str(folder)))
    if problems:
        raise UndercutError("cascade-labels", problems)
    return manifests


def names_of(folders: Sequence[Path]) -> list[str]:
    """Return a name for each tier: of its run or its folder, made different."""
    names: list[str] = []
    for folder in folders:
        place = folder.resolve()
        called = place.parent.name if place.name == MODEL else place.name
        first = re.sub(r"[^\w.+-]+", "-", called).strip("-.") or "model"
        name, number = first, 2
        while name in (*names, RULES, NAME):
            name, number = f"{first}-{number}", number + 1
        names.append(name)
    return names
