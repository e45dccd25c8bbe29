"""What asking will cost, said before anything is sent, and the cap that holds while it is."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_UP, Decimal

import numpy as np

from undercut.core.errors import fail
from undercut.economics.api_price import ApiPrice
from undercut.pipeline.rival.journal import Answer

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Estimate:
    """What the rows still to be asked will take.

    Attributes:
        requests: how many.
        input_tokens, output_tokens: of all of them.
        usd: at the price of the moment.
        basis: what the figures rest on.
    """

    requests: int
    input_tokens: int
    output_tokens: int
    usd: Decimal
    basis: str


def estimate(
    price: ApiPrice,
    input_tokens: Sequence[int],
    label_tokens: float,
    answers: Sequence[tuple[int, Answer]],
    at: datetime,
) -> Estimate:
    """Estimate the rows still to be asked.

    Args:
        price: of the model.
        input_tokens: of each such row, counted offline.
        label_tokens: mean tokens of an answer that is a label and nothing else.
        answers: rows answered already, each with its offline count; they correct the estimate.
        at: moment of the price.
    """
    ratio, written = token_ratio(answers), label_tokens
    basis = "o200k tokens; hidden reasoning, if the model does any, is not in it"
    if answers:
        written = float(np.mean([a.output_tokens for _, a in answers]))
        basis = f"corrected by the usage of {len(answers):,} rows answered"
    per_row = [
        price.usd(round(n * ratio), math.ceil(written), 0, at) for n in map(int, input_tokens)
    ]
    return Estimate(
        requests=len(per_row),
        input_tokens=round(sum(input_tokens) * ratio),
        output_tokens=round(written * len(per_row)),
        usd=sum(per_row, Decimal(0)),
        basis=basis,
    )


def token_ratio(answers: Sequence[tuple[int, Answer]]) -> float:
    """Return billed input tokens over those counted offline, 1 before any answer."""
    read = sum(a.input_tokens for _, a in answers if not a.counted and a.input_tokens)
    counted = sum(n for n, a in answers if not a.counted and a.input_tokens)
    return read / counted if counted else 1.0


def check_cap(spent: Decimal, found: Estimate, cap: Decimal) -> None:
    """Refuse to start what would pass the cap.

    Raises:
        UndercutError: it would; nothing was sent.
    """
    whole = spent + found.usd
    if whole <= cap:
        return
    before = f", {spent:.4f} spent before included" if spent else ""
    raise fail(
        "rival-cap",
        expected=f"rows that cost at most {cap:f} USD (--max-usd)",
        found=f"an estimate of {whole:.4f} USD{before}",
        where="--max-usd",
        fix=f"Nothing was sent. Ask fewer: --rows N; or allow more: --max-usd "
        f"{(whole * Decimal('1.2')).quantize(CENT, ROUND_UP)}.",
    )


class Cap:
    """Holds spending below a limit while several requests are under way. Threads may share it.

    A request is sent only when what was spent, what is under way at its worst, and its own worst
    case fit. The worst case is the longest answer allowed, and the most a row has been billed over
    its offline count of tokens.
    """

    def __init__(self, limit: Decimal, spent: Decimal) -> None:
        self.limit, self.spent = limit, spent
        self._under_way: Decimal = Decimal(0)
        self._lock = threading.Lock()

    def reserve(self, worst: Decimal) -> bool:
        """Set money aside for a request; false when it does not fit."""
        with self._lock:
            if self.spent + self._under_way + worst > self.limit:
                return False
            self._under_way += worst
            return True

    def settle(self, worst: Decimal, usd: Decimal) -> None:
        """Replace what was set aside by what the request cost."""
        with self._lock:
            self._under_way -= worst
            self.spent += usd
