"""Runs a report must stand: many classes, Chinese, hostile names, and next to nothing known."""

from __future__ import annotations

from pipeline.evaluation_fixture import evaluation
from pipeline.facts_fixture import rival_facts, run_facts
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.rival.measured import with_rival

HOSTILE = "</title></style><script>alert(1)</script>\"' onload=x <img src=http://evil.example/x>"


def hostile() -> RunFacts:
    facts = run_facts()
    labels = [HOSTILE, "b & c"]
    scored = evaluation(labels, [HOSTILE], 60, 0.8, "test")
    promoted = facts.variants[-2].model_copy(update={"name": HOSTILE, "note": HOSTILE})
    return facts.model_copy(
        update={
            "data": facts.data.model_copy(
                update={
                    "name": HOSTILE, "labels": labels, "class_counts": dict.fromkeys(labels, 3),
                    "warnings": [HOSTILE], "licence": HOSTILE,
                }
            ),
            "test": scored, "valid": scored, "variants": [promoted], "promoted": HOSTILE,
            "rungs": [facts.rungs[0].model_copy(update={"reason": HOSTILE, "rung": HOSTILE})],
            "costs": [facts.costs[0].model_copy(update={"step": HOSTILE})],
            "price": facts.price.model_copy(
                update={
                    "prompt": HOSTILE, "verdict": HOSTILE, "price_floor_basis": HOSTILE,
                    "rates": {HOSTILE: HOSTILE}, "floors": {HOSTILE: 1.0},
                    "waterfall": {HOSTILE: 3.0},
                    "rivals": [
                        facts.price.rivals[0].model_copy(update={"model": HOSTILE, "note": HOSTILE})
                    ],
                }
            ),
            "next_quality": [HOSTILE], "next_command": HOSTILE, "artefact": HOSTILE,
            "rivals_measured": [
                rival_facts(HOSTILE, note=HOSTILE).model_copy(
                    update={"split": HOSTILE, "price": HOSTILE, "prompt": HOSTILE}
                )
            ],
        }
    )  # fmt: skip


def empty() -> RunFacts:
    """Return a run that knows as little as a run can."""
    facts = run_facts(test=False)
    labels = ["no", "yes"]
    scored = evaluation(labels, ["a"], 40, 0.9, "validation").model_copy(
        update={"confusions": [], "mistakes": [], "reliability": [], "coverage": []}
    )
    price = facts.price.model_copy(
        update={
            "requests_per_month": None, "rivals": [], "waterfall": {}, "floors": {}, "rates": {},
            "break_even_requests_per_month": None, "price_floor_usd_per_1k": None, "verdict": "",
            "prompt": "", "price_floor_basis": "",
        }
    )  # fmt: skip
    data = facts.data.model_copy(
        update={"labels": labels, "class_counts": {}, "warnings": [], "unknown_token_share": None}
    )
    return facts.model_copy(
        update={
            "data": data, "valid": scored, "rungs": [], "variants": [], "costs": [],
            "price": price, "next_quality": [], "curve": None,
        }
    )  # fmt: skip


CASES = {
    "77 classes": run_facts(),
    "Chinese, no test split": run_facts("zh", test=False),
    "two hostile classes": hostile(),
    "as little as there can be": empty(),
    "a rival asked": with_rival(run_facts(), rival_facts()),
}
