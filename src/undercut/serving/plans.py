"""Plans: what a key may use and what it pays, from a TOML file; and limits of a single key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.core.specs import Spec
from undercut.economics.charges import USD, Price, Quantities, micro_usd

Count = Annotated[int, Field(ge=0, le=10**15)]


class KeyLimits(Spec):
    """How much one key may use; what is not named has no limit. Months are UTC months."""

    requests_per_second: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Requests in any one second of the clock; above it 429."
    )
    requests_per_day: Count | None = Field(
        default=None, description="Requests let in a UTC day, answered or not; above it 429."
    )
    inputs_per_day: Count | None = Field(
        default=None, description="Texts let in a UTC day, answered or not; above it 429."
    )
    distinct_texts_per_day: Count | None = Field(
        default=None,
        description="Different texts a UTC day; the same text again counts once. Above it 429.",
    )
    most_labels: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Most labels whose probability is told; 1 tells the answer only."
    )
    probability_decimals: Annotated[int, Field(ge=0, le=6)] | None = Field(
        default=None, description="Decimals that probabilities are rounded to."
    )
    requests_per_month: Count | None = Field(default=None, description="Requests a month.")
    tokens_per_month: Count | None = Field(default=None, description="Tokens a month.")
    usd_per_month: USD | None = Field(default=None, description="Charges a month, USD.")
    requests_total: Count | None = Field(default=None, description="Requests in all.")
    tokens_total: Count | None = Field(default=None, description="Tokens in all.")
    usd_total: USD | None = Field(default=None, description="Charges in all, USD.")

    def over(self, other: KeyLimits) -> KeyLimits:
        """Return these limits, and another's where these name none."""
        mine = {k: v for k, v in self if v is not None}
        return other.model_copy(update=mine)

    @property
    def narrows(self) -> bool:
        """Whether a key is told less than a model's whole answer."""
        return self.most_labels is not None or self.probability_decimals is not None

    @property
    def counted(self) -> bool:
        """Whether the store must be asked before an answer."""
        kinds: tuple[Literal["second", "day", "month", "total"], ...]
        kinds = ("second", "day", "month", "total")
        return self.distinct_texts_per_day is not None or any(self.of_period(k) for k in kinds)

    def of_period(self, kind: Literal["second", "day", "month", "total"]) -> dict[str, int]:
        """Return column of ``balances`` -> most it may hold in a period of that kind."""
        if kind == "second":
            found = {"requests": self.requests_per_second}
        elif kind == "day":
            found = {"requests": self.requests_per_day, "inputs": self.inputs_per_day}
        else:
            end = {"month": "_per_month", "total": "_total"}[kind]
            money = getattr(self, f"usd{end}")
            found = {
                "requests": getattr(self, f"requests{end}"),
                "tokens": getattr(self, f"tokens{end}"),
                "micro_usd": None if money is None else int(money * 1_000_000),
            }
        return {column: most for column, most in found.items() if most is not None}


class Plan(Spec):
    """One plan. Amounts are USD, best written as strings: ``usd_per_1k_requests = "0.50"``."""

    kind: Literal["trial", "payg", "monthly", "custom"] = Field(
        description="trial: free until its quota or its days are used up; payg: pay as you go; "
        "monthly: a fee with included volume, and a price of what is above; custom: any of these."
    )
    price: Price = Field(default_factory=lambda: Price(), description="Prices of any model.")
    models: dict[str, Price] = Field(
        default_factory=dict, description="Prices of single models, by name, instead of `price`."
    )
    usd_per_month: USD | None = Field(default=None, description="Fee of a month, used or not.")
    included: Quantities = Field(
        default_factory=lambda: Quantities(),
        description="Requests, inputs and tokens a month that the fee covers.",
    )
    days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        default=None, description="How many days after its making a key on this plan ends."
    )
    ends_at: datetime | None = Field(
        default=None, description="When every key on this plan ends; with a time zone."
    )
    limits: KeyLimits = Field(
        default_factory=lambda: KeyLimits(), description="Limits; a key's own go before."
    )

    @model_validator(mode="after")
    def _whole(self) -> Plan:
        wrong = []
        priced = self.price.known or any(p.known for p in self.models.values())
        ends = self.days is not None or self.ends_at is not None
        if self.ends_at is not None and self.ends_at.tzinfo is None:
            wrong.append("ends_at needs a time zone, such as 2026-12-31T00:00:00Z")
        if self.kind == "trial":
            if priced or self.usd_per_month is not None:
                wrong.append("a trial is free: it has no price and no fee")
            if not ends or not self.limits.of_period("total"):
                wrong.append("a trial needs an end (days or ends_at) and a quota (limits.*_total)")
        elif not priced:
            wrong.append("a price is needed; 0 must be said")
        if self.kind == "monthly" and self.usd_per_month is None:
            wrong.append("a monthly plan needs usd_per_month")
        if self.kind == "payg" and (self.usd_per_month is not None or any(self.counts.values())):
            wrong.append("pay as you go has no fee and includes nothing: say monthly or custom")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def counts(self) -> dict[str, int]:
        """Included volume by unit."""
        return self.included.model_dump()

    def price_of(self, model: str) -> Price | None:
        """Return the price of a model, ``None`` when the plan names none."""
        if self.kind == "trial":
            return Price(usd_per_1k_requests=Decimal(0))
        found = self.models.get(model, self.price)
        return found if found.known else None

    @property
    def fee_micro_usd(self) -> int:
        """The fee of a month in micro-dollars."""
        return micro_usd(self.usd_per_month or Decimal(0))

    def end_of(self, created_at: str) -> datetime | None:
        """Return when a key of that making ends under this plan."""
        ends = [self.ends_at] if self.ends_at else []
        if self.days is not None:
            ends.append(datetime.fromisoformat(created_at) + timedelta(days=self.days))
        return min(ends) if ends else None


Plans = Mapping[str, Plan]


def read_plans(path: Path | None) -> dict[str, Plan]:
    """Return the plans of a TOML file of ``[plans.NAME]`` tables; none without a file.

    Raises:
        UndercutError: not TOML, or wrong plans; every mistake is listed.
    """
    if path is None:
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise fail(
            "plans-unreadable",
            expected="a TOML file of [plans.NAME] tables",
            found=str(e),
            where=str(path),
        ) from None
    plans: Any = table.get("plans", {})
    problems = [
        Problem("only [plans.NAME] tables", f"'{k}'", str(path)) for k in table if k != "plans"
    ]
    if not isinstance(plans, dict) or not plans:
        problems.append(Problem("at least one [plans.NAME] table", "none", str(path)))
        plans = {}
    found = {}
    for name, body in plans.items():
        try:
            found[name] = Plan.model_validate(body)
        except ValidationError as e:
            problems += [_problem(f"{path}: plans.{name}", one) for one in e.errors()]
    if problems:
        raise UndercutError("plans-invalid", problems)
    return found


def _problem(where: str, error: Any) -> Problem:
    names = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        known = {"limits": KeyLimits, "price": Price, "models": Price, "included": Quantities}
        kind: Any = known.get(names[0], Plan) if len(names) > 1 else Plan
        fix = did_you_mean(names[-1], kind.model_fields)
        return Problem("a known field", f"'{'.'.join(names)}'", where, fix)
    message = error["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if not names:
        return Problem("a whole plan", message, where)
    return Problem(message, repr(error["input"])[:100], f"{where}.{'.'.join(names)}")
