"""What holds for a key: its plan, its limits, its prices; worked out once and kept.

A request needs none of it worked out again: charges are kept by model, inputs and tokens.
"""

from __future__ import annotations

from datetime import datetime

from undercut.economics.charges import Price, Quantities, charge
from undercut.serving.budgets.amounts import COUNTED, Counts
from undercut.serving.key_record import ApiKey
from undercut.serving.plans import KeyLimits, Plan
from undercut.serving.problems import ApiError

MOST_CHARGES = 4_096


class Terms:
    """Terms of one key.

    Args:
        key: whose.
        plan: the plan of its name; ``None`` where it has none.

    Attributes:
        ends: when the plan ends; ``None`` for never.
        limits: the key's own, before those of its plan.
        bounded: columns of a balance that have a limit in a month or in all.
        asked: whether the store counts its requests.
        ahead: whether part of its budget may be taken ahead. Not where a second, a day, different
            texts or an included volume count: those depend on the order of all requests.
    """

    def __init__(self, key: ApiKey, plan: Plan | None) -> None:
        self.key, self.plan = key, plan
        self.limits: KeyLimits = key.limits.over(plan.limits) if plan else key.limits
        self.included = plan.included if plan else Quantities()
        self.ends: datetime | None = plan.end_of(key.created_at) if plan else None
        includes = any(self.included.model_dump().values())
        self.asked = self.limits.counted or includes
        of = self.limits.of_period
        self.bounded = tuple(c for c in COUNTED if c in of("month") or c in of("total"))
        short = of("second") or of("day") or self.limits.distinct_texts_per_day is not None
        self.ahead = bool(self.bounded) and not short and not includes
        self.narrows = self.limits.narrows
        self._money = self.limits.usd_per_month is not None or self.limits.usd_total is not None
        self._prices: dict[str, Price | None] = {}
        self._charges: dict[tuple[str, int, int], tuple[int | None, Counts]] = {}

    def price_of(self, model: str) -> Price | None:
        """Return the price of a model; ``None`` where nothing is for sale.

        Raises:
            ApiError: 403 when a price is needed and there is none.
        """
        if model in self._prices:
            return self._prices[model]
        price = self.plan.price_of(model) if self.plan else None
        if price is None and (self.plan or self._money):
            raise ApiError(
                403,
                "price-unknown",
                "expected a price for this model in the key's plan; found none",
                "Ask whoever runs this server.",
            )
        self._prices[model] = price
        return price

    def charge(self, model: str, used: Quantities) -> tuple[int | None, Counts]:
        """Return the charge of one request, and what it takes of each bounded column.

        Raises:
            ApiError: as :meth:`price_of`.
        """
        asked = (model, used.inputs, used.tokens)
        found = self._charges.get(asked)
        if found is None:
            micro_usd = charge(self.price_of(model), used)
            all_of = (1, used.inputs, used.tokens, micro_usd or 0)
            drawn: Counts = tuple(  # type: ignore[assignment]
                n if c in self.bounded else 0 for c, n in zip(COUNTED, all_of, strict=True)
            )
            if len(self._charges) >= MOST_CHARGES:
                self._charges.clear()
            found = self._charges[asked] = (micro_usd, drawn)
        return found
