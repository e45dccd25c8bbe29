"""A small whole scenario as a table, to be changed by a test."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from undercut.economics.scenario.read import parse_scenario
from undercut.ledger.price import Rates
from undercut.pipeline.scenario.answer import Read, answer
from undercut.pipeline.scenario.facts import EconomicsFacts
from undercut.pipeline.scenario.resolve import resolve

BASE: dict[str, Any] = {
    "name": "niche",
    "date": "2026-11-21",
    "own": {
        "accuracy": {"value": 0.94, "low": 0.92, "high": 0.96},
        "p95_ms": 12, "texts_per_second": 1800, "cores": 1, "usd_per_core_hour": 0.05,
        "training_usd": 3, "labels_usd": 800, "people_usd": 12000,
    },
    "buyers": {
        "market_1k_per_month": 60000, "value_usd_per_1k": 3,
        "error_usd": {"value": 0.01, "low": 0.003, "high": 0.03},
        "alpha_per_usd_per_1k": {"value": 2, "low": 1, "high": 4},
    },
    "rival": [
        {"name": "nano", "accuracy": {"value": 0.86, "low": 0.8, "high": 0.92},
         "usd_per_1k": {"value": 0.0068, "source": "price:2026-11-21 list"}},
        {"name": "startup", "usd_per_1k": 0.6, "accuracy": 0.93, "reprices": True,
         "cost_usd_per_1k": 0.02, "cash_usd": 300000, "fixed_usd_per_month": 15000,
         "policy": "best_reply"},
    ],
    "company": {"requests_per_month": 9_000_000, "fixed_usd_per_month": 6000, "cash_usd": 60000},
    "war": {"paths": 200},
}  # fmt: skip
GONE = object()


def changed(**changes: Any) -> dict[str, Any]:
    """Return the base with keys such as ``own__p95_ms`` or ``rival__0__accuracy`` set or GONE."""
    table = copy.deepcopy(BASE)
    for path, value in changes.items():
        *places, last = [int(p) if p.isdecimal() else p for p in path.split("__")]
        at: Any = table
        for place in places:
            at = at[place] if isinstance(at, list) else at.setdefault(place, {})
        if value is GONE:
            at.pop(last, None)
        else:
            at[last] = value
    return table


def read(workspace: Path | str = "nowhere", **changes: Any) -> Read:
    scenario = parse_scenario(changed(**changes), "market.toml")
    return Read(scenario, resolve(scenario, Path(workspace), Rates()), None, None, [])


def answered(**changes: Any) -> EconomicsFacts:
    return answer(read(**changes))
