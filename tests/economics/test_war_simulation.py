"""The simulator against what is known exactly, and what must hold whatever the war."""

import math

import numpy as np
import pytest

from undercut.core.errors import UndercutError
from undercut.economics.equilibrium.logit import nash_logit
from undercut.economics.war import simulate as simulator
from undercut.economics.war.attrition import ruin
from undercut.economics.war.inertia import inertia
from undercut.economics.war.records import Firm, Funding, Policy, Release, War
from undercut.economics.war.simulate import simulate

pytestmark = pytest.mark.filterwarnings("error")


def firm(name, kind="best_reply", **more):
    given = {"delta": 1.0, "price_usd_per_1k": 1.0, "variable_usd_per_1k": 0.3} | more
    given.setdefault("policy", Policy(kind=kind))
    return Firm(name=name, **given)


def war(*firms, **more):
    given = {"alpha": 2.0, "market_1k_per_month": 1000.0, "months": 12, "paths": 1}
    return War(firms=list(firms), **(given | more))


NOISY = war(
    firm("us", release=Release(per_year=3, price_ratio=0.7, price_ratio_spread=0.3)),
    firm("b", "hold", release=Release(per_year=6, price_ratio=0.6, quality_jump=0.3), cash_usd=900),
    firm("c", "undercut", profit_noise_usd=80, cash_usd=500, fixed_usd_per_month=60),
    firm("d", "exit", fixed_usd_per_month=120, funding=Funding(usd=50, per_year=2), cash_usd=400),
    firm("e", "match", capacity_1k_per_month=90.0, cost_ratio_per_year=0.5, cash_usd=300),
    inertia=0.8,
    demand_spread=0.2,
    growth_per_year=1.5,
    paths=5000,
    months=18,
    seed=3,
)


def same(one, other):
    return all(
        np.asarray(a).tobytes() == np.asarray(b).tobytes()
        for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
        if isinstance(a, np.ndarray)
    )


@pytest.fixture(scope="module")
def noisy():
    return simulate(NOISY)


def test_ruin_is_that_of_the_exact_figures():
    alone = firm(
        "us",
        "hold",
        price_usd_per_1k=0,
        variable_usd_per_1k=0,
        fixed_usd_per_month=20e3,
        cash_usd=600e3,
        profit_noise_usd=80e3,
    )
    found = simulate(war(alone, paths=20_000, months=36, seed=1))
    exact = ruin(600e3, -20e3, 80e3, 36)
    for month in (12, 24, 36):
        error = math.sqrt(exact[month - 1] * (1 - exact[month - 1]) / 20_000)
        assert 1 - found.alive(0, month) == pytest.approx(exact[month - 1], abs=4 * error)
    assert found.runway_months == [pytest.approx(30)]
    assert found.runway_ratio is None
    assert found.ruined[0] == 1 - found.alive()


def test_best_replies_settle_at_the_equilibrium():
    rivals = [firm("us"), firm("b", delta=2.0), firm("c", variable_usd_per_1k=0.1)]
    found = simulate(war(*rivals, months=60))
    nash = nash_logit([1, 2, 1], [0.3, 0.3, 0.1], 2, market=1000)
    assert found.mean_price[-1] == pytest.approx(nash.price, rel=1e-12)
    assert found.mean_profit[-1] == pytest.approx(nash.profit, rel=1e-12)


def test_inertia_is_the_matrix_of_moves():
    held = [firm("us", "hold", delta=2.3, price_usd_per_1k=1), firm("b", "hold", delta=2.0)]
    found = simulate(war(*held, inertia=1.5, months=80))
    moves = inertia([0.3, 0.0, 0.0], 1.5)
    start = np.exp([0.3, 0, 0]) / np.exp([0.3, 0, 0]).sum()
    assert found.mean_share[0] == pytest.approx(moves.after(start, 1)[:2], rel=1e-12)
    assert found.mean_share[-1] == pytest.approx(moves.stationary[:2], rel=1e-10)


def test_policies_set_the_prices_they_say():
    rival = firm("rival", "hold", price_usd_per_1k=0.8)
    for kind, price in (("match", 0.8), ("undercut", 0.8 * 0.95), ("hold", 1.0)):
        assert simulate(war(firm("us", kind), rival)).mean_price[0, 0] == pytest.approx(price)
    limit = Policy(kind="limit", limit_usd_per_1k=0.55)
    assert simulate(war(firm("us", policy=limit), rival)).mean_price[0, 0] == 0.55
    # Not below the variable cost, nor below a floor of its own.
    cheap = firm("rival", "hold", price_usd_per_1k=0.1)
    assert simulate(war(firm("us", "match"), cheap)).mean_price[0, 0] == pytest.approx(0.3)
    floor = Policy(kind="undercut", floor_usd_per_1k=0.4)
    assert simulate(war(firm("us", policy=floor), cheap)).mean_price[0, 0] == pytest.approx(0.4)
    # With nobody to follow they reply best.
    alone = nash_logit([1], [0.3], 2).price[0]
    assert simulate(war(firm("us", "match"))).mean_price[0, 0] == pytest.approx(alone)


def test_exit_waits_for_its_patience_and_ruin_ends_sales():
    loser = firm("us", policy=Policy(kind="exit", patience_months=4), fixed_usd_per_month=1e4)
    found = simulate(war(loser, firm("b")))
    assert found.survival[:, 0].tolist() == [1, 1, 1] + [0] * 9
    assert (found.left[0], found.ruined[0]) == (1, 0)
    assert found.mean_share[4, 0] == 0
    alone = nash_logit([1], [0.3], 2, market=1000)
    assert found.mean_profit[-1, 1] == pytest.approx(alone.profit[0])
    poor = firm("us", fixed_usd_per_month=1e4, cash_usd=3e4)
    found = simulate(war(poor, firm("b")))
    assert found.survival[:, 0].sum() in (2, 3)
    assert found.ruined[0] == 1


def test_releases_fall_as_often_and_as_far_as_said():
    r = Release(per_year=6, price_ratio=0.8, quality_jump=0.1)
    found = simulate(war(firm("us", "hold", release=r), months=12, paths=8000))
    # E[0.8^N] with N Poisson(6) after a year
    assert found.mean_price[-1, 0] == pytest.approx(math.exp(-6 * 0.2), rel=0.03)
    falling = firm("us", "hold", cost_ratio_per_year=0.25)
    found = simulate(war(falling))
    margin = found.mean_profit[-1, 0] / (1000 * found.mean_share[-1, 0])
    assert margin == pytest.approx(1.0 - 0.3 * 0.25)


def test_growth_funding_capacity_and_discounting():
    found = simulate(war(firm("us", "hold"), growth_per_year=4.0, months=13))
    assert found.mean_profit[12, 0] == pytest.approx(4 * found.mean_profit[0, 0])
    funded = firm("us", "hold", cash_usd=10, funding=Funding(usd=500, month=3))
    cash = simulate(war(funded)).cash[:, 0, 2]
    gains = np.diff(cash)
    assert gains[1] - gains[0] == pytest.approx(500)
    full = simulate(war(firm("us", "hold", capacity_1k_per_month=10.0)))
    assert full.mean_profit[0, 0] == pytest.approx(10 * 0.7)
    rate = simulate(war(firm("us", "hold"), discount_per_month=0.02))
    each = rate.mean_profit[0, 0]
    assert rate.present_value[0] == pytest.approx(each * (1 - 1.02**-12) / 0.02)


def test_a_seed_gives_the_same_bytes(noisy):
    assert same(noisy, simulate(NOISY))
    other = simulate(NOISY.model_copy(update={"seed": 4}))
    assert not same(noisy, other)
    assert other.survival == pytest.approx(noisy.survival, abs=0.06)


def test_a_path_does_not_depend_on_how_many_are_asked_for():
    few = NOISY.model_copy(update={"paths": 100})
    more = NOISY.model_copy(update={"paths": 101})
    one, other = simulate(few), simulate(more)
    moved = other.mean_profit * 101 - one.mean_profit * 100  # of the added path
    limit = 1.5 ** (18 / 12) * 1000 * 3 * 4
    assert np.abs(moved).max() < limit
    assert np.abs(other.survival * 101 - one.survival * 100).max() <= 1 + 1e-9


def test_results_are_figures_in_their_ranges(noisy):
    for name, value in vars(noisy).items():
        if isinstance(value, np.ndarray):
            assert np.isfinite(value).all(), name
    assert np.all(np.diff(noisy.survival, axis=0) <= 0)
    assert np.all(np.diff(noisy.price, axis=2) >= 0)
    assert np.all((noisy.mean_share >= 0) & (noisy.mean_share.sum(axis=1, keepdims=True) <= 1))
    assert noisy.ruined + noisy.left == pytest.approx(1 - noisy.survival[-1])


def test_survival_rises_with_cash(noisy):
    firms = [f.model_copy(update={"cash_usd": (f.cash_usd or 0) * 2}) for f in NOISY.firms]
    richer = firms[2]
    only = [*NOISY.firms[:2], richer, *NOISY.firms[3:]]
    found = simulate(NOISY.model_copy(update={"firms": only}))
    assert np.all(found.survival[:, 2] >= noisy.survival[:, 2] - 1e-12)


def test_memory_is_that_of_a_block(monkeypatch):
    sizes = []
    plain = simulator._block
    monkeypatch.setattr(
        simulator, "_block", lambda w, t, b, n: (sizes.append(n), plain(w, t, b, n))
    )
    done = []
    simulate(war(firm("us"), paths=10_000, months=1), progress=done.append)
    assert sizes == [4096, 4096, 1808]
    assert done == [4096, 8192, 10_000]


def test_nonsense_is_refused_all_at_once():
    bad = War(
        firms=[
            Firm(name="a", delta=math.nan, price_usd_per_1k=-1, variable_usd_per_1k=0),
            Firm(
                name="a",
                delta=0,
                price_usd_per_1k=1,
                variable_usd_per_1k=0,
                policy=Policy(kind="limit", undercut_share=1.5),
            ),
        ],
        alpha=0,
        market_1k_per_month=-1,
        months=0,
        paths=0,
        inertia=-1,
        growth_per_year=0,
    )
    with pytest.raises(UndercutError) as e:
        simulate(bad)
    where = {p.where for p in e.value.problems}
    assert where == {
        "firms",
        "alpha",
        "market_1k_per_month",
        "growth_per_year",
        "inertia",
        "months",
        "paths",
        "firms[0].delta",
        "firms[0].price_usd_per_1k",
        "firms[1].policy.undercut_share",
        "firms[1].policy.limit_usd_per_1k",
    }


def test_extremes_stay_figures():
    wild = war(
        firm("us", delta=1e15, variable_usd_per_1k=0.0),
        firm("b", delta=-1e15, price_usd_per_1k=1e15, variable_usd_per_1k=1e15),
        firm("c", "undercut", release=Release(per_year=300, price_ratio=1e-4), cash_usd=0.0),
        firm("d", "match", release=Release(per_year=300, price_ratio=1e4, price_ratio_spread=5)),
        alpha=1e-12,
        inertia=500.0,
        demand_spread=5.0,
        growth_per_year=1e4,
        months=60,
        paths=50,
    )
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = simulate(wild)
    for value in vars(found).values():
        if isinstance(value, np.ndarray):
            assert np.isfinite(value).all()
