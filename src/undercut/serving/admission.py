"""Between a request and its answer: its id, its leave to be answered, and the leave given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from undercut.economics.charges import Quantities
from undercut.serving.budgets.amounts import Ticket
from undercut.serving.guard import log_error
from undercut.serving.key_record import ApiKey
from undercut.serving.keys import KeyStore
from undercut.serving.problems import ApiError
from undercut.serving.till import Till

IDEMPOTENCY = "idempotency-key"
LONGEST_KEY = 255


def store_failed(error: Exception) -> ApiError:
    """Return the 503 of a store that cannot be reached, and log why."""
    log_error("the store failed", error)
    return ApiError(503, "store-unavailable", "the server cannot reach its store", "Try again.", 1)


def request_id_of(
    headers: Mapping[str, str], keys: KeyStore | None, key: ApiKey | None, model: str, raw: bytes
) -> str | None:
    """Return the id of a request with an idempotency key, ``None`` without one.

    The same key of the same caller with the same body to the same model gives the same id, and an
    id is billed once, however often and on however many servers it is answered; also when another
    variant of the model is promoted in between.

    Raises:
        ApiError: 422 when the header is empty, too long, or not plain ASCII.
    """
    given = headers.get(IDEMPOTENCY)
    if given is None or keys is None or key is None:
        return None
    if not 1 <= len(given) <= LONGEST_KEY or not (given.isascii() and given.isprintable()):
        raise ApiError(
            422,
            "idempotency-key",
            f"expected an Idempotency-Key of 1 to {LONGEST_KEY} printable ASCII characters",
            "A random UUID for each piece of work is best.",
        )
    return "req_" + keys.mark(key.id.encode(), given.encode(), model.encode(), raw)


async def admitted(
    till: Till | None,
    key: ApiKey | None,
    request_id: str,
    model: str,
    used: Quantities,
    again: bool,
    marks: Callable[[], Iterable[str]] = tuple,
) -> Ticket:
    """Return leave to answer.

    Raises:
        ApiError: 402, 403 or 429 of :class:`undercut.serving.till.Till`; 503 when the store fails.
    """
    if till is None or key is None:
        return Ticket(request_id, None, None, held=False)
    ticket = till.at_once(key, request_id, model, used, again=again)
    if ticket is not None:
        return ticket
    future = till.wait_for(key, request_id, model, used, again=again, marks=marks)
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        future.add_done_callback(partial(_not_needed, till))
        raise
    except (SQLAlchemyError, OSError) as error:
        raise store_failed(error) from None


def _not_needed(till: Till, future: Future[Ticket]) -> None:
    if not future.cancelled() and future.exception() is None:
        till.release(future.result())


class Leave:
    """Leave to answer, as a context: the ticket is released when no answer leaves.

    Attributes:
        used: whether the request is in the journal; then it is billed, whatever follows.
    """

    def __init__(self, till: Till | None, ticket: Ticket) -> None:
        self._till, self.ticket, self.used = till, ticket, False

    def __enter__(self) -> Leave:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None and self._till is not None and not self.used:
            self._till.release(self.ticket)
