"""A war's figures, checked before anything is simulated: every mistake at once."""

from __future__ import annotations

from undercut.core.errors import Problem
from undercut.economics import checks
from undercut.economics.war.records import Firm, War

MONTHS = 600
PATHS = 100_000_000
FIRMS = 200
RATIO = (1e-4, 1e4)


def check_war(war: War) -> None:
    """Refuse a war whose figures are out of range.

    Raises:
        UndercutError: code ``economics-input``; all mistakes are listed.
    """
    names = [f.name for f in war.firms]
    firms = "1 to 200 firms"
    checks.collect(
        None if 1 <= len(names) <= FIRMS else Problem(firms, str(len(names)), "firms"),
        Problem("different names", ", ".join(names), "firms")
        if len(set(names)) < len(names)
        else None,
        checks.positive("alpha", war.alpha),
        checks.positive("market_1k_per_month", war.market_1k_per_month),
        _ratio("growth_per_year", war.growth_per_year),
        _spread("demand_spread", war.demand_spread),
        checks.between("inertia", war.inertia, 0.0, 500.0),
        checks.number("log_outside", war.log_outside),
        checks.whole("months", war.months, 1, MONTHS),
        checks.whole("paths", war.paths, 1, PATHS),
        checks.whole("seed", war.seed, 0, 2**63 - 1),
        checks.between("discount_per_month", war.discount_per_month, 0.0, 1.0),
        *(p for i, firm in enumerate(war.firms) for p in _firm(f"firms[{i}]", firm)),
    )


def _firm(at: str, firm: Firm) -> list[Problem | None]:
    policy, release, funding = firm.policy, firm.release, firm.funding
    found = [
        checks.number(f"{at}.delta", firm.delta),
        checks.not_negative(f"{at}.price_usd_per_1k", firm.price_usd_per_1k),
        checks.not_negative(f"{at}.variable_usd_per_1k", firm.variable_usd_per_1k),
        checks.not_negative(f"{at}.fixed_usd_per_month", firm.fixed_usd_per_month),
        checks.not_negative(f"{at}.profit_noise_usd", firm.profit_noise_usd),
        _ratio(f"{at}.cost_ratio_per_year", firm.cost_ratio_per_year),
        checks.between(f"{at}.policy.undercut_share", policy.undercut_share, 0.0, 1.0),
        checks.whole(f"{at}.policy.patience_months", policy.patience_months, 1, MONTHS),
        checks.between(f"{at}.release.per_year", release.per_year, 0.0, 365.0),
        _ratio(f"{at}.release.price_ratio", release.price_ratio),
        _spread(f"{at}.release.price_ratio_spread", release.price_ratio_spread),
        checks.between(f"{at}.release.quality_jump", release.quality_jump, -1e6, 1e6),
        checks.between(f"{at}.release.quality_spread", release.quality_spread, 0.0, 1e6),
        checks.not_negative(f"{at}.funding.usd", funding.usd),
        checks.between(f"{at}.funding.per_year", funding.per_year, 0.0, 365.0),
    ]
    if firm.cash_usd is not None:
        found.append(checks.not_negative(f"{at}.cash_usd", firm.cash_usd))
    if firm.capacity_1k_per_month is not None:
        found.append(checks.positive(f"{at}.capacity_1k_per_month", firm.capacity_1k_per_month))
    if policy.floor_usd_per_1k is not None:
        found.append(checks.not_negative(f"{at}.policy.floor_usd_per_1k", policy.floor_usd_per_1k))
    if funding.month is not None:
        found.append(checks.whole(f"{at}.funding.month", funding.month, 1, MONTHS))
    limit = policy.limit_usd_per_1k
    if limit is not None:
        found.append(checks.not_negative(f"{at}.policy.limit_usd_per_1k", limit))
    elif policy.kind == "limit":
        found.append(
            Problem("a price, for the policy limit", "none", f"{at}.policy.limit_usd_per_1k")
        )
    return found


def _ratio(name: str, value: float) -> Problem | None:
    return checks.between(name, value, *RATIO)


def _spread(name: str, value: float) -> Problem | None:
    return checks.between(name, value, 0.0, 5.0)
