"""Answers to the ledger: requests, tokens and API USD of each row, once."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from undercut.ledger.book import Book
from undercut.pipeline.rival.journal import Answer

STEP = Decimal("0.000001")


def subject(journal: str, row: str = "") -> str:
    """Return the ledger subject of a row, or the prefix of a journal's rows."""
    return f"rival:{journal}:{row}"


class Bill:
    """Writes the answers of a journal, in its order.

    Rows are unique on (subject, attempt, unit) and a subject is a row of a journal, so a resumed
    or repeated call bills nothing twice. The ledger keeps whole millionths of a USD; what rounding
    takes from one row the next one gets, so that the sum is right to one millionth.

    Args:
        book: the ledger.
        journal: key of the journal.
        note: model and price, kept beside each quantity.
    """

    def __init__(self, book: Book, journal: str, note: str) -> None:
        self._book, self._journal, self._note = book, journal, note
        self._known = {e.subject for e in book.entries(subject(journal))}
        self._exact = self._written = Decimal(0)

    def add(self, answer: Answer) -> None:
        """Write an answer unless it is there already."""
        self._exact += Decimal(answer.usd)
        usd = self._exact.quantize(STEP, ROUND_HALF_EVEN) - self._written
        self._written += usd
        name = subject(self._journal, answer.row)
        if name in self._known:
            return
        self._book.record_all(
            name,
            {
                "api_request": 1,
                "api_input_token": answer.input_tokens,
                "api_output_token": answer.output_tokens,
                "api_usd": usd,
            },
            at=datetime.fromisoformat(answer.at),
            measured=not answer.counted,
            note=self._note,
        )
