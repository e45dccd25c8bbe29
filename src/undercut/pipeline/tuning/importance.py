"""Which options the quality of a search's trials depended on."""

from __future__ import annotations

from typing import Any

LEAST_TRIALS = 8
"""Complete trials of a method below which nothing is said."""


def importances(study: Any, methods: list[str]) -> dict[str, dict[str, float]]:
    """Return, for each method with trials enough, the share of the variance due to each option.

    By functional ANOVA over a random forest (Hutter, Hoos and Leyton-Brown 2014, An Efficient
    Approach for Assessing Hyperparameter Importance, ICML), within the ranges searched. A method's
    own trials alone are looked at: options of one mean nothing to another.
    """
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    found = {}
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    for method in methods:
        head = f"{method}."
        mine = [
            t
            for t in complete
            if t.params.get("method") == method and any(n.startswith(head) for n in t.params)
        ]
        if len(mine) < LEAST_TRIALS or len({t.value for t in mine}) < 2:
            continue
        own = optuna.create_study(direction="maximize")
        own.add_trials(mine)
        names = [n for n in mine[0].params if n.startswith(head)]
        shares = get_param_importances(
            own, evaluator=FanovaImportanceEvaluator(seed=0), params=names
        )
        found[method] = {n.removeprefix(head): float(v) for n, v in shares.items()}
    return found
