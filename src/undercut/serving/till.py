"""Where requests are let in against budgets: from memory, else one transaction for all that wait.

Part of a key's budget is taken ahead (:mod:`.budgets.blocks`), so that most requests are let in
without the store; near the end of a budget, and where other limits hold, each is. The rule is the
same as for batches: the store is asked the moment it is free, for everything that came meanwhile.
So a budget is exact over all processes. Callers hold a future; nothing blocks the event loop.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from undercut.economics.charges import Quantities
from undercut.serving.budgets.ahead import Ahead
from undercut.serving.budgets.amounts import Ask, Ticket
from undercut.serving.budgets.deciding import Decider, Wish
from undercut.serving.budgets.settle import release, release_lost
from undercut.serving.budgets.terms import Terms
from undercut.serving.database import relaxed, writing
from undercut.serving.key_record import ApiKey
from undercut.serving.plans import KeyLimits, Plans
from undercut.serving.problems import ApiError
from undercut.serving.tables import stamp

logger = logging.getLogger("undercut.serving")

MOST = 256
MOST_TERMS = 10_000
LOST_HOURS = 24
STOPPING = ("the server is stopping", "Try again.")
RETRY_SECONDS = 1.0
"""After the store failed."""
ASK_AGAIN_SECONDS = 0.02
"""While another server is asked to give a block back."""


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
        self._ready = threading.Condition(threading.Lock())
        self._terms: dict[str, Terms] = {}
        self._wishes: list[Wish] = []
        self._back: list[str] = []
        self._closed = False
        self._ahead = Ahead(self._ready, self._writing, server, clock)
        self._decider = Decider(self._ahead, self._writing, server, clock)
        with self._writing() as db:
            release_lost(db, server, stamp(clock() - timedelta(hours=LOST_HOURS)))
        self._thread = threading.Thread(target=self._work, name="till", daemon=True)
        self._thread.start()

    def at_once(
        self, key: ApiKey, request_id: str, model: str, used: Quantities, *, again: bool = False
    ) -> Ticket | None:
        """Return leave to answer where the store need not be asked, else ``None``.

        Args:
            key: whose request.
            request_id: its id; a second reservation under it shares the first.
            model: name of the model that will answer.
            used: what it will use.
            again: whether the id can have been seen before (it came with an idempotency key).

        Raises:
            ApiError: 402 when the plan has ended, 403 when the request has no price.
        """
        terms = self.terms_of(key)
        now = self._clock()
        if terms.ends is not None and terms.ends <= now:
            raise ApiError(402, "plan-ended", "the plan of this key has ended", "Ask for another.")
        micro_usd, drawn = terms.charge(model, used)
        if not terms.asked:
            return Ticket(request_id, key.plan, micro_usd, False)
        if again or not terms.ahead:
            return None
        block = self._ahead.draw(terms, drawn, now)
        if block is None:
            return None
        return Ticket(request_id, key.plan, micro_usd, True, block, key.id, drawn)

    def wait_for(
        self,
        key: ApiKey,
        request_id: str,
        model: str,
        used: Quantities,
        *,
        again: bool = False,
        marks: Callable[[], Iterable[str]] = tuple,
    ) -> Future[Ticket]:
        """Ask the store for leave, after :meth:`at_once` said ``None``.

        Args:
            key: as there, like all up to ``again``.
            request_id: its id.
            model: name of the model that will answer.
            used: what it will use.
            again: whether the id can have been seen before.
            marks: gives keyed hashes of its texts; called where different texts are limited.

        Returns:
            A future of the ticket. It raises :class:`ApiError` 402 or 429 when a limit is reached,
            or the store's error.
        """
        terms = self.terms_of(key)
        texts = () if terms.limits.distinct_texts_per_day is None else tuple(marks())
        facts = (terms.price_of(model), terms.limits, terms.included, used, again, texts)
        ask = Ask(key.id, request_id, key.plan, *facts)
        account = self._ahead.account(terms) if terms.ahead and not again else None
        wish = Wish(ask, model, account, terms.charge(model, used)[1])
        with self._ready:
            if self._closed:
                raise ApiError(503, "stopping", *STOPPING, 1)
            self._wishes.append(wish)
            self._ready.notify()
        return wish.future

    def terms_of(self, key: ApiKey) -> Terms:
        """Return what holds for a key.

        Raises:
            ApiError: 403 when its plan is not known here.
        """
        terms = self._terms.get(key.id)
        if terms is not None and terms.key is key:
            return terms
        with self._ready:
            terms = self._terms.get(key.id)
            if terms is not None and terms.key == key:
                terms.key = key
                return terms
            plan = None if key.plan is None else self._plans.get(key.plan)
            if plan is None and key.plan is not None:
                raise ApiError(
                    403,
                    "price-unknown",
                    "expected a plan this server knows; found another",
                    "Ask whoever runs this server.",
                )
            if len(self._terms) >= MOST_TERMS:
                self._terms.clear()
            terms = self._terms[key.id] = Terms(key, plan)
            return terms

    def limits_of(self, key: ApiKey) -> KeyLimits:
        """Return what holds for a key: its own limits, before those of its plan."""
        return self.terms_of(key).limits

    def release(self, ticket: Ticket) -> None:
        """Give back what a request that got no answer had reserved; soon, without waiting."""
        if not ticket.held:
            return
        with self._ready:
            if ticket.block is not None:
                self._ahead.put_back(ticket.key_id, ticket.block, ticket.drawn)
            else:
                self._back.append(ticket.request_id)
            self._ready.notify()

    def close(self) -> None:
        """Do what waits, give back what was taken ahead, and stop."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with writing(self._database) as db:
            if db.dialect.name == "postgresql":
                db.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield db

    def _work(self) -> None:
        waiting: list[Wish] = []  # for a block of another server
        while True:
            with self._ready:
                pause = ASK_AGAIN_SECONDS if waiting else self._ahead.pause()
                if not (self._wishes or self._back or self._closed or self._ahead.due()):
                    self._ready.wait(pause)
                wishes, self._wishes = waiting + self._wishes[:MOST], self._wishes[MOST:]
                back, self._back = self._back, []
                closing = self._closed
            if closing and not self._wishes:
                for wish in waiting:
                    wishes.remove(wish)
                    wish.future.set_exception(ApiError(503, "stopping", *STOPPING, 1))
            if closing and not wishes and not back:
                self._last()
                return
            waiting = []
            wishes = [w for w in wishes if _wanted(w.future)]
            try:
                if back:
                    with self._writing() as db:
                        release(db, back)
                    back = []
                self._ahead.tend()
                waiting = self._decider.decide(wishes) if wishes else []
            except Exception as error:
                for wish in wishes:
                    if not wish.future.done():
                        wish.future.set_exception(error)
                self._failed(back, error)

    def _last(self) -> None:
        try:
            self._ahead.shut_all()
        except Exception as error:
            logger.error("the store failed: %s", type(error).__name__)

    def _failed(self, back: list[str], error: Exception) -> None:
        """Keep releases for the next time; what is left in the end, the next start releases."""
        logger.error("the store failed: %s", type(error).__name__)
        with self._ready:
            if self._closed:
                return
            self._back = back + self._back
            if not self._wishes:
                self._ready.wait(RETRY_SECONDS)


def _wanted(future: Future[Ticket]) -> bool:
    return future.running() or future.set_running_or_notify_cancel()
