"""A search and training curves for the report's tests, with figures that fit together."""

from __future__ import annotations

from undercut.measures.record import PairedTest
from undercut.pipeline.facts import TrainingCurve
from undercut.pipeline.tuning.record import SearchFacts, TrialFacts

USD = 0.05 / 3600
# method, options, state, quality, CPU-seconds
TRIALS = [
    ("linear", {}, "complete", 0.908, 4.1),
    ("partial", {}, "complete", 0.931, 80.0),
    ("linear", {"c": [0.31], "class_weight": "balanced"}, "complete", 0.52, 3.0),
    ("partial", {"rate": 0.0009, "layers": 2}, "complete", 0.938, 61.0),
    ("partial", {"rate": 0.0019, "layers": 1}, "pruned", 0.61, 20.0),
    ("partial", {"rate": 0.002, "layers": 4}, "failed", None, 9.0),
    ("partial", {"rate": 0.0007, "layers": 3}, "complete", 0.942, 77.0),
    ("partial", {"rate": 0.0001, "layers": 4}, "left out", None, 1.2),
]
REASONS = {"pruned": "61.0% after 1 epochs, behind the median of the others",
           "failed": "expected a finite loss; found nan",
           "left out": "it would cost about $0.01, over the budget of $0.005"}  # fmt: skip


def search_facts(extra: str = "") -> SearchFacts:
    """Return a search of eight trials; ``extra`` is put where a user's words may stand."""
    trials, usd = [], 0.0
    for i, (method, options, state, quality, cpu) in enumerate(TRIALS):
        usd += cpu * USD
        reason = REASONS.get(state, "") + extra
        trials.append(
            TrialFacts(
                number=i, method=method, options=options, state=state, reason=reason,
                quality=quality, cpu_seconds=cpu, usd=cpu * USD, usd_so_far=usd,
            )
        )  # fmt: skip
    return SearchFacts(
        methods=["linear", "partial"], sampler="TPE, seed 0; median pruning", trials=trials,
        best=6, default=1,
        versus_default=PairedTest(n=1503, only_a=18, only_b=35, p_value=0.027, difference=0.0113,
                                  low=0.0017, high=0.0209, better=True),
        options={"partial": {"rate": 0.0007, "layers": 3}},
        importances={"partial": {"rate": 0.71, "layers": 0.29}},
        stopped="the next trials would break the budget" + extra, usd=usd,
        cpu_seconds=usd / USD, wall_seconds=200.0, budget_usd=0.005,
        journal="undercut-out/tuning/3fa9.journal",
    )  # fmt: skip


def training_curves() -> list[TrainingCurve]:
    """Return the curves of two rungs."""
    return [
        TrainingCurve(
            rung=rung,
            epochs=[
                {"epoch": float(i), "loss": top / i, "log_loss": 0.2 + top / (i + 2),
                 "accuracy": 0.95 - 0.1 / i, "temperature": 1.0}
                for i in range(1, 4)
            ],
        )
        for rung, top in (("partial", 0.9), ("full", 0.7))
    ]  # fmt: skip
