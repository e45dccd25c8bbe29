"""Does the cascade pay: held against the best single model for the same goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from undercut.economics.money import figure, percent
from undercut.economics.tiers import Goal
from undercut.pipeline.report.format import unit_price


@dataclass(frozen=True)
class Single:
    """One model alone: its accuracy, USD a request end to end, and whether it meets the goal."""

    name: str
    accuracy: float
    usd: float
    meets: bool


@dataclass(frozen=True)
class Verdict:
    """The decision, in a sentence, and the single model that was the measure."""

    pays: bool
    sentence: str
    against: Single


def goal_text(goal: Goal) -> str:
    """Return the goal in words."""
    if goal.usd_per_error is not None:
        return f"least cost plus errors at {goal.usd_per_error:g} USD an error"
    if goal.budget_usd is not None:
        return f"most accurate within {1000 * goal.budget_usd:g} USD per 1,000 requests"
    if goal.target_accuracy is not None:
        return f"cheapest that surely reaches {percent(goal.target_accuracy)}"
    return f"cheapest that surely loses less than {100 * goal.max_drop:g} points"


def verdict(goal: Goal, accuracy: float, usd: float, singles: Sequence[Single]) -> Verdict:
    """Compare a cascade with the best single model for the goal.

    Args:
        goal: what it was made for.
        accuracy: of the cascade.
        usd: USD a request, measured end to end.
        singles: the models alone, cheapest first, the last being the reference of ``max_drop``.
    """
    if goal.usd_per_error is not None:
        value = goal.usd_per_error

        def loss(a: float, u: float) -> float:
            return u + value * (1 - a)

        best = min(singles, key=lambda s: loss(s.accuracy, s.usd))
        own, other = loss(accuracy, usd), loss(best.accuracy, best.usd)
        pays = own < other
        said = (
            f"cost and errors together are {unit_price(1000 * own)} against "
            f"{unit_price(1000 * other)} with {best.name} alone, "
            f"{unit_price(1000 * abs(other - own))} {'less' if pays else 'more'}"
        )
        return Verdict(pays, _sentence(pays, said), best)
    if goal.budget_usd is not None:
        able = [s for s in singles if s.usd <= goal.budget_usd]
        best = max(able or singles, key=lambda s: s.accuracy if able else -s.usd)
        pays = usd <= goal.budget_usd and (not able or accuracy > best.accuracy)
        said = (
            f"{percent(accuracy)} for {unit_price(1000 * usd)} end to end, against "
            f"{percent(best.accuracy)} for {unit_price(1000 * best.usd)} with {best.name} alone"
        )
        return Verdict(pays, _sentence(pays, said), best)
    able = [s for s in singles if s.meets] or [singles[-1]]
    best = min(able, key=lambda s: s.usd)
    pays = usd < best.usd
    alone = f"{best.name} alone ({unit_price(1000 * best.usd)}, {percent(best.accuracy)})"
    costs = f"{unit_price(1000 * usd)} end to end at {percent(accuracy)}"
    if pays:
        said = (
            f"{costs}, {figure(best.usd / usd)} times cheaper than {alone}, the cheapest single "
            "model that keeps to the goal"
        )
    else:
        said = f"{costs}; {alone} keeps to the goal for less"
    return Verdict(pays, _sentence(pays, said), best)


def _sentence(pays: bool, said: str) -> str:
    return f"The cascade {'pays' if pays else 'does not pay'}: {said}."
