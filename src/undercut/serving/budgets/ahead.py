"""What this server has taken ahead, key by key: when it asks the store, and when it gives back.

Drawing happens on any thread and touches memory alone; everything that asks the store runs on the
till's thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa

from undercut.serving.budgets import blocks
from undercut.serving.budgets.account import Account, ends_at, plus
from undercut.serving.budgets.amounts import NONE, Counts
from undercut.serving.budgets.terms import Terms
from undercut.serving.tables import stamp

LOOK_SECONDS = 0.25
"""How often a server looks whether a block is asked back."""
RENEW_SECONDS = 2.0
ALIVE_SECONDS = 15.0
"""A server that has not renewed its blocks for so long does not give them back when asked."""
LEASE = timedelta(hours=1)
"""How long a block is drawn from without the store; far below the day after which it is lost."""
IDLE_SECONDS = 2.0


class Ahead:
    """The accounts of one server.

    Args:
        lock: guards them; whoever waits on it is told when the store is to be asked.
        writing: opens a transaction.
        server: whose.
        clock: the time now, UTC.
    """

    def __init__(
        self,
        lock: threading.Condition,
        writing: Callable[[], AbstractContextManager[sa.Connection]],
        server: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._lock, self._writing, self._server, self._clock = lock, writing, server, clock
        self._accounts: dict[str, Account] = {}
        self._growing: list[Account] = []
        self._leaving: list[Account] = []
        self._late: list[tuple[str, str, Counts]] = []
        self._looked = self._renewed = time.monotonic()

    def account(self, terms: Terms) -> Account:
        """Return the account of a key under these terms, an empty one where there is none."""
        with self._lock:
            found = self._accounts.get(terms.key.id)
            if found is None or found.terms is not terms:
                if found is not None:
                    self._leaving.append(found)
                found = self._accounts[terms.key.id] = Account(terms)
            return found

    def of(self, key_id: str) -> Account | None:
        """Return the account of a key."""
        return self._accounts.get(key_id)

    def draw(self, terms: Terms, drawn: Counts, now: datetime) -> str | None:
        """Draw an amount from a key's block; return the block, ``None`` when it has too little."""
        account = self._accounts.get(terms.key.id)
        if account is None or account.terms is not terms:
            return None
        with self._lock:
            if not account.draw(drawn, now):
                return None
            if account.wants:
                account.growing = True
                self._growing.append(account)
                self._lock.notify()
            return account.block

    def put_back(self, key_id: str, block: str, drawn: Counts) -> None:
        """Put back what a request without an answer had drawn; the lock is held."""
        account = self._accounts.get(key_id)
        if account is not None and account.open and account.block == block:
            account.put_back(drawn)
        else:
            self._late.append((key_id, block, drawn))

    def pause(self) -> float | None:
        """Return the seconds to the next look at the store; ``None`` when nothing is held."""
        if not any(a.open for a in self._accounts.values()):
            return None
        return max(0.0, self._looked + LOOK_SECONDS - time.monotonic())

    def due(self) -> bool:
        """Whether :meth:`tend` has something to do."""
        return bool(self._growing or self._leaving or self._late) or self.pause() == 0.0

    def tend(self) -> None:
        """Give back, grow, and look whether blocks are asked back; what is due of it."""
        with self._lock:
            late, self._late = self._late, []
            leaving, self._leaving = self._leaving, []
            growing, self._growing = self._growing, []
        try:
            while late:
                with self._writing() as db:
                    blocks.give_back(db, *late[-1])
                late.pop()
            while leaving:
                self._shut(leaving[-1])
                leaving.pop()
        finally:
            with self._lock:
                self._late += late
                self._leaving += leaving
        for account in growing:
            self._grow(account)
        self._look()

    def enlarge(
        self, db: sa.Connection, account: Account, need: Counts, asks: int, now: datetime
    ) -> tuple[str, Counts] | None:
        """Take what waits and more into an account's block.

        Returns:
            The block, and what is in it beyond ``need``; enter it with :meth:`Account.grown` once
            the transaction is through. ``None`` near the end of the budget.
        """
        terms, key_id = account.terms, account.terms.key.id
        if account.block is not None and now >= account.ends:  # another month
            self.give_back(db, account)
            account.block = None
        room = blocks.room(db, key_id, terms.limits, now)
        extra = account.more(need, asks, room, blocks.PARTS)
        if extra is None:
            return None
        wanted = (self._server, key_id, account.block, terms.limits, plus(need, extra), now)
        block = blocks.enlarge(db, *wanted)
        return None if block is None else (block, extra)

    def grown(self, account: Account, block: str, extra: Counts, now: datetime) -> None:
        """Enter what was taken."""
        with self._lock:
            account.grown(block, extra, ends_at(now, LEASE))

    def give_back(self, db: sa.Connection, account: Account) -> None:
        """Give back what an account has left, within :meth:`giving`."""
        with self._lock:
            was_open, left = account.open, account.shut()
            account.giving = plus(account.giving, left)
        if account.block is not None and (was_open or any(left)):
            blocks.give_back(db, account.terms.key.id, account.block, left)

    @contextmanager
    def giving(self, account: Account | None) -> Iterator[None]:
        """Around a transaction: when it fails, what it gave back is kept for the next one."""
        block, done = account.block if account else None, False
        try:
            yield
            done = True
        finally:
            if account is not None:
                with self._lock:
                    if not done and any(account.giving):
                        account.block, account.left = block, plus(account.left, account.giving)
                    account.giving = NONE

    def elsewhere(self, db: sa.Connection, key_id: str) -> set[str]:
        """Return blocks of a key that other living servers may still draw from."""
        since = stamp(self._clock() - timedelta(seconds=ALIVE_SECONDS))
        return set(blocks.others(db, self._server, key_id, since))

    def recall(self, names: set[str]) -> None:
        """Ask other servers to give blocks back."""
        with self._writing() as db:
            blocks.recall(db, sorted(names))

    def shut_all(self) -> None:
        """Give everything back."""
        with self._lock:
            self._leaving += self._accounts.values()
            self._accounts.clear()
            self._growing.clear()
        self.tend()

    def _shut(self, account: Account) -> None:
        with self.giving(account), self._writing() as db:
            self.give_back(db, account)

    def _grow(self, account: Account) -> None:
        found = None
        try:
            if account.open:
                with self.giving(account), self._writing() as db:
                    now = self._clock()
                    found = self.enlarge(db, account, NONE, 0, now)
        finally:
            account.growing = False
        if found is not None:
            self.grown(account, *found, now)
        else:
            account.low = NONE  # near the end: what is left is drawn, and then each is asked for

    def _look(self) -> None:
        now = time.monotonic()
        held = {a.block: a for a in self._open() if a.block is not None}
        if not held or now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        with self._writing() as db:
            if now - self._renewed >= RENEW_SECONDS:
                moment = self._clock()
                states = blocks.live(db, self._server, list(held), moment)
                self._renewed = now
                for name in states:
                    held[name].ends = ends_at(moment, LEASE)
            else:
                states = blocks.states(db, self._server, list(held))
        for name, account in held.items():
            idle = not account.used() and now - account.used_at > IDLE_SECONDS
            if states.get(name) != blocks.OPEN or idle:
                self._shut(account)

    def _open(self) -> Iterable[Account]:
        with self._lock:
            return [a for a in self._accounts.values() if a.open]
