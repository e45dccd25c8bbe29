"""The war of a scenario: who takes part, with what, and what many futures look like."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from undercut.economics.scenario.whole import Scenario
from undercut.economics.war.records import Firm, Funding, Policy, Release, War, WarResult
from undercut.economics.war.simulate import simulate
from undercut.pipeline.scenario.buying import Buying
from undercut.pipeline.scenario.facts import Fan, UnitCost, WarFacts
from undercut.pipeline.scenario.inputs import Inputs

YOU = "you"
LOW, MIDDLE, HIGH = 0, 2, 4


def war_of(
    i: Inputs,
    scenario: Scenario,
    u: UnitCost,
    b: Buying,
    paths: int | None = None,
    months: int | None = None,
    seed: int | None = None,
) -> War:
    """Return the war that a scenario describes; the last three in place of its own."""
    funding = i["company.funding_usd"]
    firms = [
        Firm(
            name=YOU,
            delta=b.logit.delta,
            price_usd_per_1k=b.best,
            variable_usd_per_1k=u.variable_usd_per_1k,
            fixed_usd_per_month=u.fixed_usd_per_month,
            cash_usd=i["company.cash_usd"],
            policy=Policy(
                kind=scenario.war.policy,
                undercut_share=i["war.undercut_share"],
                limit_usd_per_1k=i.get("war.limit_usd_per_1k"),
            ),
            funding=Funding(usd=funding, month=round(i["company.funding_month"]))
            if funding
            else Funding(),
            cost_ratio_per_year=i["future.own_cost_ratio_per_year"],
            capacity_1k_per_month=_kept(b.capacity, i),
        )
    ]
    fewer = 1.0 - i["future.release_error_ratio"]
    for rival, delta in zip(i.rivals if b.deltas else [], b.deltas, strict=True):
        errors = 1000 * i["buyers.error_usd"] * (1 - rival.accuracy)
        cost = rival.cost_usd_per_1k
        firms.append(
            Firm(
                name=rival.name,
                delta=delta,
                price_usd_per_1k=rival.usd_per_1k,
                # Unknown: it is taken to earn nothing, which matters to firms that can be ruined.
                variable_usd_per_1k=rival.usd_per_1k if cost is None else cost,
                fixed_usd_per_month=rival.fixed_usd_per_month,
                cash_usd=rival.cash_usd,
                policy=Policy(kind=rival.policy),  # type: ignore[arg-type]
                capacity_1k_per_month=_kept(rival.capacity_1k_per_month, i),
                release=Release(
                    per_year=i["future.releases_per_year"],
                    price_ratio=i["future.release_price_ratio"],
                    price_ratio_spread=i["future.release_price_spread"],
                    quality_jump=b.logit.alpha * errors * fewer,
                ),
            )
        )
    kept = 1.0 - i["own.payment_fee_share"]
    return War(
        firms=firms,
        alpha=b.logit.alpha,
        market_1k_per_month=i["buyers.market_1k_per_month"] * kept,  # fees shrink all our money
        growth_per_year=i["future.demand_ratio_per_year"],
        demand_spread=i["future.demand_spread"],
        inertia=i["future.inertia"],
        months=months or round(i["company.horizon_months"]),
        paths=paths or scenario.war.paths,
        seed=scenario.war.seed if seed is None else seed,
    )


def _kept(capacity_1k: float | None, i: Inputs) -> float | None:
    """Return a capacity in the market made smaller by the payment fee."""
    return None if capacity_1k is None else capacity_1k * (1.0 - i["own.payment_fee_share"])


def fight(
    war: War, policy: str, progress: Callable[[int], None] | None = None
) -> tuple[WarFacts, WarResult]:
    """Play the futures and return what they were like."""
    r = simulate(war, progress)

    def fans(values: np.ndarray) -> list[Fan]:
        return [
            Fan(name=name, low=values[:, f, LOW].tolist(), middle=values[:, f, MIDDLE].tolist(),
                high=values[:, f, HIGH].tolist())
            for f, name in enumerate(r.names)
        ]  # fmt: skip

    runway = r.runway_months[0]
    ratio = r.runway_ratio
    facts = WarFacts(
        months=war.months,
        paths=r.paths,
        seed=war.seed,
        policy=policy,
        names=r.names,
        survival=[r.survival[:, f].tolist() for f in range(len(r.names))],
        survival_error=float(r.survival_error[:, 0].max()),
        share=fans(r.share),
        price=fans(r.price),
        cash=fans(r.cash)[0],
        alive=r.alive(),
        ruined=float(r.ruined[0]),
        runway_months=runway,
        runway_ratio=ratio if ratio is not None and math.isfinite(ratio) else None,
        mean_profit_usd_per_month=r.mean_profit[:, 0].tolist(),
    )
    return facts, r
