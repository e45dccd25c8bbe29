"""Rules as a model: the label of the first rule that matches, as sure as it was measured to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from undercut.core.contracts import Scored
from undercut.core.types import Manifest
from undercut.models.rules.rule import Rule, Rules


def rules_of(config: Mapping[str, Any]) -> Rules:
    """Return the rules an artefact holds."""
    return Rules(
        [
            Rule(r["pattern"], r["label"], r["kind"], r["where"], tuple(r.get("terms", ())))
            for r in config["rules"]
        ]
    )


class RulesScorer:
    """Scores with rules alone.

    Args:
        config: ``rules``, each with ``precision``, the probability that it is right.
        labels: the label space.
    """

    def __init__(self, config: Mapping[str, Any], labels: Sequence[str]) -> None:
        self.rules = rules_of(config)
        k = len(labels)
        rows = np.full((len(self.rules.rules) + 1, k), -np.log(k), np.float32)
        for i, (rule, kept) in enumerate(zip(self.rules.rules, config["rules"], strict=True)):
            p = min(max(float(kept["precision"]), 1 / k), 1 - 1e-6)
            rows[i] = np.log((1 - p) / max(k - 1, 1))
            rows[i, list(labels).index(rule.label)] = np.log(p)
        self._rows = rows  # the last one says nothing

    def score(self, inputs: Sequence[Any]) -> Scored:
        """Return log-probabilities ``(n, K)``, uniform where no rule matches."""
        first = [self.rules.first(value) for value in inputs]
        return Scored(self._rows[first], [False] * len(inputs))


def make_scorer(manifest: Manifest, children: Mapping[str, Any]) -> RulesScorer:
    """Build the scorer of rules; they have no children."""
    return RulesScorer(manifest.config, manifest.labels)
