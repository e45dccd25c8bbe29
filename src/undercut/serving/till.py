"""Where requests are let in against budgets: one transaction for all that wait.

The same rule as for batches: the store is asked the moment it is free, for everything that came
meanwhile. So a budget is exact over all processes and a busy server pays a commit for many
requests, an idle one a single short one. Callers hold a future; nothing blocks the event loop.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby

import sqlalchemy as sa

from undercut.economics.charges import Quantities, charge
from undercut.serving.budget import Ask, Ticket, admit, release, release_lost
from undercut.serving.database import relaxed, writing
from undercut.serving.key_record import ApiKey
from undercut.serving.plans import KeyLimits, Plan, Plans
from undercut.serving.problems import ApiError
from undercut.serving.tables import stamp

logger = logging.getLogger("undercut.serving")

MOST = 256
LOST_HOURS = 24
RETRY_SECONDS = 1.0


class Till:
    """Reserves and releases. Safe to use from several threads.

    Args:
        database: the store.
        plans: plans by name.
        server: who this is; the same after a restart. The journal must have been read before, so
            that what was answered is settled and only the rest is released.
        clock: the time now, UTC.
    """

    def __init__(
        self,
        database: sa.Engine,
        plans: Plans,
        server: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._plans, self._server = relaxed(database), plans, server
        self._clock = clock
        self._ready = threading.Condition()
        self._asks: list[tuple[Ask, Future[Ticket]]] = []
        self._back: list[str] = []
        self._closed = False
        with self._writing() as db:
            release_lost(db, server, stamp(clock() - timedelta(hours=LOST_HOURS)))
        self._thread = threading.Thread(target=self._work, name="till", daemon=True)
        self._thread.start()

    def reserve(
        self,
        key: ApiKey,
        request_id: str,
        model: str,
        used: Quantities,
        *,
        again: bool = False,
        marks: Callable[[], Iterable[str]] = tuple,
    ) -> Future[Ticket]:
        """Ask for leave to answer one request.

        Args:
            key: whose request.
            request_id: its id; a second reservation under it shares the first.
            model: name of the model that will answer.
            used: what it will use.
            again: whether the id can have been seen before (it came with an idempotency key).
            marks: gives keyed hashes of its texts; called where different texts are limited.

        Returns:
            A future of the ticket. It raises :class:`ApiError` 402 or 429 when a limit is reached,
            or the store's error.

        Raises:
            ApiError: 402 when the plan has ended, 403 when the request has no price.
        """
        plan = self._plan(key)
        price = plan.price_of(model) if plan else None
        limits = self.limits_of(key)
        money = limits.usd_per_month is not None or limits.usd_total is not None
        if (plan or money) and price is None:
            raise ApiError(
                403,
                "price-unknown",
                "expected a price for this model in the key's plan; found none",
                "Ask whoever runs this server.",
            )
        included = plan.included if plan else Quantities()
        texts = () if limits.distinct_texts_per_day is None else tuple(marks())
        ask = Ask(key.id, request_id, key.plan, price, limits, included, used, again, texts)
        future: Future[Ticket] = Future()
        if not limits.counted and not any(included.model_dump().values()):
            future.set_result(Ticket(request_id, key.plan, charge(price, used), held=False))
            return future
        with self._ready:
            if self._closed:
                raise ApiError(503, "stopping", "the server is stopping", "Try again.", 1)
            self._asks.append((ask, future))
            self._ready.notify()
        return future

    def limits_of(self, key: ApiKey) -> KeyLimits:
        """Return what holds for a key: its own limits, before those of its plan."""
        plan = self._plans.get(key.plan) if key.plan is not None else None
        return key.limits.over(plan.limits) if plan else key.limits

    def release(self, ticket: Ticket) -> None:
        """Give back what a request that got no answer had reserved; soon, without waiting."""
        if ticket.held:
            with self._ready:
                self._back.append(ticket.request_id)
                self._ready.notify()

    def close(self) -> None:
        """Do what waits and stop."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join()

    def _plan(self, key: ApiKey) -> Plan | None:
        if key.plan is None:
            return None
        plan = self._plans.get(key.plan)
        if plan is None:
            raise ApiError(
                403,
                "price-unknown",
                "expected a plan this server knows; found another",
                "Ask whoever runs this server.",
            )
        end = plan.end_of(key.created_at)
        if end is not None and end <= self._clock():
            raise ApiError(402, "plan-ended", "the plan of this key has ended", "Ask for another.")
        return plan

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with writing(self._database) as db:
            if db.dialect.name == "postgresql":
                db.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield db

    def _work(self) -> None:
        while True:
            with self._ready:
                while not (self._asks or self._back or self._closed):
                    self._ready.wait()
                asks, self._asks = self._asks[:MOST], self._asks[MOST:]
                back, self._back = self._back, []
                if not asks and not back:
                    return
            asks = [(a, f) for a, f in asks if f.set_running_or_notify_cancel()]
            try:
                answers = self._commit([a for a, _ in asks], back)
            except Exception as error:
                for _, future in asks:
                    future.set_exception(error)
                self._failed(back, error)
                continue
            for (_, future), answer in zip(asks, answers, strict=True):
                if isinstance(answer, ApiError):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    def _commit(self, asks: list[Ask], back: list[str]) -> list[Ticket | ApiError]:
        """Release, then let in, in one transaction each; answers in the order of the asks."""
        if back:
            with self._writing() as db:
                release(db, back)
            back.clear()
        if not asks:
            return []
        order = sorted(range(len(asks)), key=lambda i: asks[i].key_id)
        answers: dict[int, Ticket | ApiError] = {}
        with self._writing() as db:
            now = self._clock()
            for _, group in groupby(order, key=lambda i: asks[i].key_id):
                mine = list(group)
                found = admit(db, self._server, [asks[i] for i in mine], now)
                answers.update(zip(mine, found, strict=True))
        return [answers[i] for i in range(len(asks))]

    def _failed(self, back: list[str], error: Exception) -> None:
        """Keep releases for the next time; what is left in the end, the next start releases."""
        logger.error("the store failed: %s", type(error).__name__)
        with self._ready:
            if self._closed:
                return
            self._back = back + self._back
            if back and not self._asks:
                self._ready.wait(RETRY_SECONDS)
