"""What serving a token costs, from the ledger: processor time of the servers over their tokens.

A model served alone has processor seconds of its own. Those of servers of several models are
spread over the tokens of the models that have none. So a key's cost is an allocation by tokens of
what was measured, idle time included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from undercut.ledger.book import Book
from undercut.ledger.price import Rates, total
from undercut.serving.meter import subject_of

Cost = Callable[[str, int], Decimal | None]


def serving_cost(book: Book, rates: Rates) -> Cost:
    """Return a function from a model's hash and tokens to USD; ``None`` where nothing is known.

    Raises:
        UnpricedError: processor time has no rate.
    """
    usd: dict[str, Decimal] = defaultdict(Decimal)
    tokens: dict[str, Decimal] = defaultdict(Decimal)
    for e in book.entries("serve:"):
        subject = ":".join(e.subject.split(":")[:2])
        if e.unit == "token":
            tokens[subject] += e.quantity
        elif e.subject == subject:
            usd[subject] += total([e.line], rates)
    shared = sum((v for s, v in usd.items() if s not in tokens), Decimal(0))
    rest = sum((n for s, n in tokens.items() if s not in usd), Decimal(0))

    def cost(model: str, used: int) -> Decimal | None:
        subject = subject_of(model)
        if tokens.get(subject) and subject in usd:
            return used * usd[subject] / tokens[subject]
        if tokens.get(subject) and shared and rest:
            return used * shared / rest
        return None

    return cost
