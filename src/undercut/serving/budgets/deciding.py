"""What the store says to requests that wait for it: from a block, enlarged, else one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa

from undercut.serving.budgets.account import Account, plus
from undercut.serving.budgets.admit import admit
from undercut.serving.budgets.ahead import Ahead
from undercut.serving.budgets.amounts import NONE, Ask, Counts, Ticket
from undercut.serving.problems import ApiError

SPENT = "budget-spent"


class Wish:
    """A request that waits for the store."""

    __slots__ = ("account", "ask", "drawn", "future", "model")

    def __init__(self, ask: Ask, model: str, account: Account | None, drawn: Counts) -> None:
        self.ask, self.model, self.account, self.drawn = ask, model, account, drawn
        self.future: Future[Ticket] = Future()


class Decider:
    """Answers requests on the till's thread.

    Args:
        ahead: what this server has taken ahead.
        writing: opens a transaction.
        server: who answers.
        clock: the time now, UTC.
    """

    def __init__(
        self,
        ahead: Ahead,
        writing: Callable[[], AbstractContextManager[sa.Connection]],
        server: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._ahead, self._writing, self._server, self._clock = ahead, writing, server, clock

    def decide(self, wishes: list[Wish]) -> list[Wish]:
        """Answer wishes; return those that wait for another server to give a block back."""
        groups: dict[str, list[Wish]] = {}
        for wish in wishes:
            groups.setdefault(wish.ask.key_id, []).append(wish)
        plain = [g for key_id, g in groups.items() if self._ahead.of(key_id) is None]
        waiting: list[Wish] = []
        if plain:
            with self._writing() as db:
                now = self._clock()
                found = [(g, list(self._each(db, g, now))) for g in plain]
            for group, answers in found:
                waiting += self._deliver(group, answers)
        for key_id, group in groups.items():
            if account := self._ahead.of(key_id):
                waiting += self._from(account, group)
        return waiting

    def _from(self, account: Account, wishes: list[Wish]) -> list[Wish]:
        """Answer wishes of one key: from its block, enlarged, else from its budget, one by one."""
        drawing = [w for w in wishes if w.account is account]
        rest = [w for w in wishes if w.account is not account]
        if drawing and (block := self._enlarged(account, drawing)):
            for w in drawing:
                micro_usd = account.terms.charge(w.model, w.ask.used)[0]
                facts = (w.ask.request_id, w.ask.plan, micro_usd, True, block)
                w.future.set_result(Ticket(*facts, w.ask.key_id, w.drawn))
            answers = self._single(rest, account, shut=False) if rest else []
        else:
            rest, answers = wishes, self._single(wishes, account, shut=True)
        return self._deliver(rest, answers, account)

    def _deliver(
        self, wishes: list[Wish], answers: list[Ticket | ApiError], account: Account | None = None
    ) -> list[Wish]:
        """Answer wishes; where a budget is spent, look first for what is taken ahead of it.

        A request is refused only if no other server may draw from a block before and after the
        budget was found spent.
        """
        spent = _tell(wishes, answers, last=False)
        if not spent:
            return []
        key_id = spent[0].ask.key_id
        with self._ahead.giving(account), self._writing() as db:
            if account is not None:
                self._ahead.give_back(db, account)
            names = self._ahead.elsewhere(db, key_id)
            answers = list(self._each(db, spent, self._clock()))
            names |= self._ahead.elsewhere(db, key_id)
        spent = _tell(spent, answers, last=not names)
        if spent:
            self._ahead.recall(names)
        return spent

    def _enlarged(self, account: Account, drawing: list[Wish]) -> str | None:
        need = NONE
        for w in drawing:
            need = plus(need, w.drawn)
        with self._ahead.giving(account), self._writing() as db:
            now = self._clock()
            found = self._ahead.enlarge(db, account, need, len(drawing), now)
        if found is None:
            return None
        self._ahead.grown(account, *found, now)
        return found[0]

    def _single(
        self, wishes: list[Wish], account: Account, *, shut: bool
    ) -> list[Ticket | ApiError]:
        with self._ahead.giving(account), self._writing() as db:
            if shut:
                self._ahead.give_back(db, account)
            return list(self._each(db, wishes, self._clock()))

    def _each(
        self, db: sa.Connection, wishes: list[Wish], now: datetime
    ) -> Iterator[Ticket | ApiError]:
        return admit(db, self._server, [w.ask for w in wishes], now)


def _tell(wishes: list[Wish], answers: list[Ticket | ApiError], *, last: bool) -> list[Wish]:
    """Give wishes their answers; return those whose budget is spent, unless it is the last word."""
    spent = []
    for wish, answer in zip(wishes, answers, strict=True):
        if not isinstance(answer, ApiError):
            wish.future.set_result(answer)
        elif answer.code == SPENT and not last:
            spent.append(wish)
        else:
            wish.future.set_exception(answer)
    return spent
