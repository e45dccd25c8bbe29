"""Whether rows are enough to learn from and to choose on: what a run would refuse is said here."""

from __future__ import annotations

from typing import Any

from undercut.core.errors import UndercutError
from undercut.core.specs import DataSpec
from undercut.core.types import Examples
from undercut.data.checks import Finding, finding
from undercut.data.load import divide

MANY = 200
"""Rows of which some can surely be spared, or other findings say why not."""


def too_few(train: Examples, spec: DataSpec, task: Any) -> list[Finding]:
    """Report rows that leave none to choose on, unless validation files are given."""
    if spec.valid or not 0 < len(train) <= MANY:
        return []
    try:
        divide(train, task, spec.valid_share, spec.seed)
    except UndercutError as e:
        if e.code != "data-few":
            return []
        problem = e.problems[0]
        message = f"Expected {problem.expected}; found {problem.found} | {problem.fix}"
        return [finding("error", "few", message, [])]
    return []
