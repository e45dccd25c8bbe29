"""Equilibria, price wars and recovery of demand: seconds of one thread, memory, coverage.

Times are processor seconds of the fastest of several calls, so that other programs count little.
pyblp is timed beside ours in the same process, to the same tolerance, where it is installed.
"""

from __future__ import annotations

import importlib.util
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.part import serve

KINDS = ("nash", "mixed", "markets", "war", "growth", "coverage")
PATHS = {"war": (100_000,), "growth": (2_778, 27_778, 277_778)}
MONTHS = 36
DRAWS = 500
SETTINGS = {
    "nash": "100 products of 10 firms, plain logit, against pyblp.Simulation.replace_endogenous",
    "mixed": "100 products of 10 firms, 50 segments that differ in alpha, against the same",
    "markets": "100,000 markets of four firms at once",
    "war": f"100,000 paths, {MONTHS} months, four firms of four policies, with releases and exits",
    "growth": f"20 firms, {MONTHS} months, up to 10 million path-months",
    "coverage": f"share of {DRAWS} draws in which the 95 % interval holds the truth",
    "time": "processor seconds, one thread, least of the repetitions",
}


def fastest(work: Callable[[], Any], repetitions: int) -> tuple[float, float]:
    """Return the least and the median processor seconds of a call, after one that warms up."""
    work()
    taken = []
    for _ in range(repetitions):
        before = time.process_time()
        work()
        taken.append(time.process_time() - before)
    return min(taken), statistics.median(taken)


def row(name: str, who: str, work: Callable[[], Any], repetitions: int) -> dict[str, Any]:
    """Return one timing as a row."""
    least, median = fastest(work, repetitions)
    return {
        "name": name,
        "who": who,
        "cpu_milliseconds": round(1e3 * least, 4),
        "median_cpu_milliseconds": round(1e3 * median, 4),
        "repetitions": repetitions,
    }


def markets_of(products: int, firms: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return utilities, costs and owners of a random market."""
    rng = np.random.default_rng(0)
    owner = np.arange(products) * firms // products
    return rng.normal(size=products), rng.uniform(size=products), owner


def with_peer(
    name: str, ours: Callable[[bool], Any], peer: Any, ratio: float
) -> list[dict[str, Any]]:
    """Time ours with and without the check on a grid, and the peer; compare prices and times."""
    rows = [
        row(name, "undercut", lambda: ours(False), 100),
        row(name, "undercut, with the unilateral gain", lambda: ours(True), 50),
    ]
    if importlib.util.find_spec("pyblp") is None:
        return rows
    solve = peer()
    apart = float(np.abs(ours(False).price - solve()).max())
    theirs = row(name, "pyblp", solve, 10)
    times = theirs["cpu_milliseconds"] / rows[0]["cpu_milliseconds"]
    theirs |= {"times_as_long": round(times, 1), "wanted": ratio, "largest_difference": apart}
    return [*rows, theirs]


def pyblp_prices(
    delta: np.ndarray, cost: np.ndarray, owner: np.ndarray, alpha: np.ndarray
) -> Callable[[], np.ndarray]:
    """Return a call that solves the market with pyblp, to 1e-12."""
    import pyblp

    pyblp.options.verbose = False
    n = len(delta)
    data = {"market_ids": np.zeros(n), "firm_ids": owner, "x": delta, "prices": cost + 1.0}
    settings: dict[str, Any] = {"beta": [-float(alpha.mean()), 1], "xi": np.zeros(n)}
    linear = pyblp.Formulation("0 + prices + x")
    formulations: Any = linear
    if len(alpha) > 1:
        formulations = (linear, pyblp.Formulation("0 + prices"))
        nodes = -(alpha - alpha.mean())
        settings["sigma"] = 1.0
        settings["agent_data"] = {
            "market_ids": np.zeros(len(alpha)),
            "weights": np.full(len(alpha), 1 / len(alpha)),
            "nodes": nodes,
        }
    simulation = pyblp.Simulation(formulations, data, **settings)
    iteration = pyblp.Iteration("simple", {"atol": 1e-12})

    def solve() -> np.ndarray:
        found = simulation.replace_endogenous(costs=cost, iteration=iteration)
        return np.asarray(found.product_data.prices)[:, 0]

    return solve


def nash() -> list[dict[str, Any]]:
    """Plain logit."""
    from undercut.economics.equilibrium.logit import nash_logit

    delta, cost, owner = markets_of(100, 10)
    return with_peer(
        "nash",
        lambda check: nash_logit(delta, cost, 2.0, owner.tolist(), check=check),
        lambda: pyblp_prices(delta, cost, owner, np.array([2.0])),
        50,
    )


def mixed() -> list[dict[str, Any]]:
    """Segments."""
    from undercut.economics.equilibrium.mixed import nash_mixed

    delta, cost, owner = markets_of(100, 10)
    alpha = np.random.default_rng(1).lognormal(0.7, 0.3, 50)
    weight = np.full(50, 1 / 50)
    return with_peer(
        "mixed",
        lambda check: nash_mixed(delta, cost, alpha, weight, owner.tolist(), check=check),
        lambda: pyblp_prices(delta, cost, owner, alpha),
        20,
    )


def markets() -> list[dict[str, Any]]:
    """Many markets at once."""
    from undercut.economics.equilibrium.logit import nash_logit

    rng = np.random.default_rng(0)
    delta, cost = rng.normal(size=(100_000, 4)), rng.uniform(size=(100_000, 4))
    found = row("markets", "undercut", lambda: nash_logit(delta, cost, 2.0, check=False), 3)
    checked = row(
        "markets", "undercut, with the unilateral gain", lambda: nash_logit(delta, cost, 2.0), 3
    )
    worst = nash_logit(delta, cost, 2.0, check=False).worst_residual
    return [found | {"markets": 100_000, "worst_residual": worst}, checked | {"markets": 100_000}]


def war_of(firms: int, paths: int) -> Any:
    """Return a war in which everything moves."""
    from undercut.economics.war.records import Firm, Policy, Release, War

    kinds = ("best_reply", "hold", "undercut", "exit")
    release = Release(per_year=2, price_ratio=0.6, price_ratio_spread=0.3, quality_jump=0.2)
    return War(
        firms=[
            Firm(
                name=f"firm {i}",
                delta=1.0 + 0.1 * (i % 4),
                price_usd_per_1k=1.0,
                variable_usd_per_1k=0.3,
                fixed_usd_per_month=1e5,
                cash_usd=1e6,
                policy=Policy(kind=kinds[i % 4]),
                release=release,
                profit_noise_usd=5e4,
                cost_ratio_per_year=0.7,
            )
            for i in range(firms)
        ],
        alpha=2.0,
        market_1k_per_month=1e6,
        inertia=1.0,
        months=MONTHS,
        paths=paths,
    )


def simulated(name: str, firms: int, paths: int) -> dict[str, Any]:
    """Simulate once; return seconds and the most memory this process has held."""
    from undercut.economics.war.simulate import simulate

    simulate(war_of(firms, 10))  # loads what is loaded on use
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before = time.process_time()
    found = simulate(war_of(firms, paths))
    taken = time.process_time() - before
    return {
        "name": f"{name} {paths}",
        "who": "undercut",
        "firms": firms,
        "paths": paths,
        "path_months": paths * MONTHS,
        "cpu_seconds": round(taken, 3),
        "nanoseconds_per_firm_month": round(1e9 * taken / (paths * MONTHS * firms), 1),
        "megabytes_before": round(base / 1024, 1),
        "megabytes_at_most": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "our_survival": round(found.alive(), 5),
    }


def coverage() -> list[dict[str, Any]]:
    """Return how often the 95 % intervals of fitted demand hold the truth."""
    from undercut.economics.calibrate import fit_logit
    from undercut.economics.calibrate_curves import fit_constant_elasticity, fit_linear

    rng = np.random.default_rng(0)
    months, alpha, deltas = 24, 1.3, np.array([0.5, 0.0, -0.5])
    price = rng.uniform(0.5, 1.5, (months, 3))
    v = np.exp(deltas - alpha * price)
    share = v / (1 + v.sum(axis=1, keepdims=True))
    everything = np.concatenate([share, 1 - share.sum(axis=1, keepdims=True)], axis=1)
    product, month = list("abc") * months, np.repeat(range(months), 3).tolist()
    p = rng.uniform(0.5, 2, 36)
    hits = dict.fromkeys(("alpha", "delta a", "delta b", "delta c", "line", "elasticity"), 0)
    for _ in range(DRAWS):
        sold = np.array([rng.multinomial(1000, s) for s in everything])[:, :3]
        fit = fit_logit(price.ravel(), sold.ravel(), 1000, product, month)
        truths = zip(("alpha", "delta a", "delta b", "delta c"), [alpha, *deltas], strict=True)
        for (name, truth), e in zip(truths, [fit.alpha, *fit.deltas], strict=True):
            hits[name] += e.low <= truth <= e.high
        line = fit_linear(p, 100 - 20 * p + rng.normal(0, 5, len(p))).slope
        hits["line"] += line.low <= 20 <= line.high
        power = fit_constant_elasticity(p, rng.poisson(20 * p**-1.7)).slope
        hits["elasticity"] += power.low <= 1.7 <= power.high
    error = (0.95 * 0.05 / DRAWS) ** 0.5
    return [
        {
            "name": f"coverage {name}",
            "covered": n / DRAWS,
            "expected": 0.95,
            "error": round(error, 4),
        }
        for name, n in hits.items()
    ]


def run(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rows of one kind."""
    kind = request["kind"]
    if kind in PATHS:
        firms = 4 if kind == "war" else 20
        return {"rows": [simulated(kind, firms, int(request["paths"]))]}
    work = {"nash": nash, "mixed": mixed, "markets": markets, "coverage": coverage}[kind]
    return {"rows": work()}


if __name__ == "__main__":
    serve(run)
