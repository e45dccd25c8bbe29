"""Every chart of a run, in the order of the page."""

from __future__ import annotations

from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report.figures.accuracy_cost import accuracy_cost
from undercut.pipeline.report.figures.confidence import coverage, reliability
from undercut.pipeline.report.figures.figure import Figure
from undercut.pipeline.report.figures.learning import learning
from undercut.pipeline.report.figures.month import crossing, month
from undercut.pipeline.report.figures.quality import confusion, weakest
from undercut.pipeline.report.figures.search import importance, search_curve
from undercut.pipeline.report.figures.steps import steps
from undercut.pipeline.report.figures.training import training_loss, training_score


def figures(facts: RunFacts) -> dict[str, Figure]:
    """Return the charts by name; quality is that of the test split where there is one."""
    scored = facts.test or facts.valid
    found = [
        accuracy_cost(facts),
        confusion(scored),
        weakest(scored),
        reliability(scored),
        coverage(scored),
        learning(facts),
        month(facts),
        crossing(facts),
        steps(facts),
        training_loss(facts),
        training_score(facts),
        search_curve(facts),
        importance(facts),
    ]
    return {figure.name: figure for figure in found}
