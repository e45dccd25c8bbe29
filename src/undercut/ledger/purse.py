"""A spending cap that the ledger remembers: money is set aside before, and settled after.

What was spent under the cap's subject before, by any process, counts from the start. Processes at
work at the same time know of each other's spending only when they are opened.
"""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

from undercut.ledger.book import Book
from undercut.ledger.price import tokens_usd


class Purse:
    """Holds the spending of one subject below a limit. Threads may share it.

    Args:
        path: the ledger's file.
        subject: prefix of the entries that count.
        limit: most USD, all time.
        usd_per_million: price of tokens read and written, USD per million.
    """

    def __init__(
        self, path: Path, subject: str, limit: Decimal, usd_per_million: tuple[Decimal, Decimal]
    ) -> None:
        self._book, self.limit, self._price = Book(path), limit, usd_per_million
        self.spent = sum(
            (e.quantity for e in self._book.entries(subject) if e.unit == "api_usd"), Decimal(0)
        )
        self._under_way = Decimal(0)
        self._lock = threading.Lock()

    def reserve(self, input_tokens: int, output_tokens: int) -> Decimal | None:
        """Set aside what a request may cost at worst; ``None`` when it does not fit."""
        usd = tokens_usd(input_tokens, output_tokens, self._price)
        with self._lock:
            if self.spent + self._under_way + usd > self.limit:
                return None
            self._under_way += usd
        return usd

    def settle(
        self,
        reserved: Decimal,
        subject: str,
        billed: tuple[int, int] | None,
        measured: bool,
        note: str,
        lost: int = 0,
    ) -> None:
        """Replace what was set aside by what was billed, and write it down.

        Args:
            reserved: what :meth:`reserve` returned.
            subject: of this request alone.
            billed: tokens read and written; ``None`` when there was no answer.
            measured: whether the server named them.
            note: kept beside them.
            lost: tries that may have been billed and were never answered: they use up the limit at
                their worst, and are no quantity for the ledger.
        """
        usd = tokens_usd(*billed, self._price) if billed else Decimal(0)
        with self._lock:
            self._under_way -= reserved
            self.spent += usd + lost * reserved
        if billed:
            self._book.record_all(
                subject,
                {
                    "api_request": 1,
                    "api_input_token": billed[0],
                    "api_output_token": billed[1],
                    "api_usd": usd,
                },
                measured=measured,
                note=note,
            )
