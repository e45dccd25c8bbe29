"""Corrections from callers: appended, never changed; the last one for an input counts.

Sealed when a key is configured, masked when asked, deleted when their time is over or their
customer says so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from pydantic import Field

from undercut.core.errors import fail
from undercut.core.types import Record
from undercut.data.personal import masked
from undercut.serving.audit import note, whoami
from undercut.serving.sealing import VARIABLE, Seal, seal_of_environment
from undercut.serving.tables import api_keys, feedback, stamp

SEALED = ("target", "comment", "text")
EXPIRE_SECONDS = 3_600.0


class Feedback(Record):
    """The right answer to one input of an earlier request."""

    request_id: str
    key_id: str | None
    position: int = Field(description="which input of the request, from 0")
    target: str = Field(description="what the answer should have been")
    comment: str
    at: str
    text: str = Field(default="", description="the text that was asked, when it was sent along")


class FeedbackStore:
    """Feedback of one store. Safe to use from several threads.

    Args:
        database: the store.
        seal: closes what is written; ``None`` writes it plain.
        days: how long corrections are kept; for good when ``None``.
        redact: mask personal data before writing.
    """

    def __init__(
        self,
        database: sa.Engine,
        seal: Seal | None = None,
        days: int | None = None,
        redact: bool = False,
    ) -> None:
        self.database, self._seal, self._days, self._redact = database, seal, days, redact
        self._expired: float | None = None

    def add(
        self,
        request_id: str,
        key_id: str | None,
        position: int,
        target: str,
        comment: str = "",
        text: str = "",
    ) -> Feedback:
        """Append one correction and return it as it will be read."""
        told = {"target": target, "comment": comment, "text": text}
        if self._redact:
            told = {name: masked(value) for name, value in told.items()}
        row = Feedback(request_id=request_id, key_id=key_id, position=position, at=stamp(), **told)
        values = row.model_dump() | {"sealed": self._seal is not None}
        if self._seal is not None:
            values |= {name: self._seal.close(values[name]) for name in SEALED}
        with self.database.begin() as db:
            db.execute(sa.insert(feedback).values(**values))
        return row

    def list(self, request_id: str | None = None, customer: str | None = None) -> list[Feedback]:
        """Return corrections in the order they came, of one request or customer, or of all.

        Raises:
            UndercutError: some are sealed and their key is not there.
        """
        query = sa.select(feedback).order_by(feedback.c.id)
        if request_id is not None:
            query = query.where(feedback.c.request_id == request_id)
        if customer is not None:
            query = query.where(_of(customer))
        with self.database.connect() as db:
            return [self._read(row) for row in db.execute(query)]

    def targets(self, requests: sa.Select[tuple[str]]) -> dict[tuple[str, int], str]:
        """Return the last correction of each input of some requests, by request id and position.

        Args:
            requests: selects the request ids.

        Raises:
            UndercutError: some are sealed and their key is not there.
        """
        query = sa.select(feedback).where(feedback.c.request_id.in_(requests))
        with self.database.connect() as db:
            found = [self._read(row) for row in db.execute(query.order_by(feedback.c.id))]
        return {(f.request_id, f.position): f.target for f in found}

    def examples(self, customer: str | None = None) -> Sequence[tuple[str, str]]:
        """Return (text, label) of each input whose text was sent; its last correction counts."""
        last = {(f.request_id, f.position): (f.text, f.target) for f in self.list(None, customer)}
        return [(text, label) for text, label in last.values() if text]

    def delete(self, customer: str, actor: str = "") -> int:
        """Delete all of a customer's corrections, and return how many there were."""
        with self.database.begin() as db:
            gone = self._delete(db, _of(customer))
            note(db, actor or whoami(), "feedback.delete", customer, {"rows": gone})
        self._sweep()
        return gone

    def expire(self) -> None:
        """Delete corrections whose time is over; looks once an hour, however often it is called."""
        now = time.monotonic()
        if self._days is None or (self._expired and now - self._expired < EXPIRE_SECONDS):
            return
        before = stamp(datetime.now(UTC) - timedelta(days=self._days))
        with self.database.begin() as db:
            gone = self._delete(db, feedback.c.at < before)
        if gone:
            self._sweep()
        self._expired = now

    def _delete(self, db: sa.Connection, which: sa.ColumnElement[bool]) -> int:
        if db.dialect.name == "sqlite":
            db.exec_driver_sql("PRAGMA secure_delete=ON")
        return db.execute(sa.delete(feedback).where(which)).rowcount

    def _sweep(self) -> None:
        """Let deleted rows leave SQLite's write-ahead log too, where no reader holds it."""
        if self.database.dialect.name == "sqlite":
            with self.database.connect() as db:
                db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _read(self, row: sa.Row[tuple[object, ...]]) -> Feedback:
        facts = dict(row._mapping)
        del facts["id"]
        if facts.pop("sealed"):
            if self._seal is None:
                raise fail(
                    "feedback-sealed",
                    expected="the key the feedback was sealed with",
                    found="none",
                    where=VARIABLE,
                    fix="Set it as the server has it.",
                )
            facts |= {name: self._seal.open(facts[name]) for name in SEALED}
        return Feedback(**facts)


def _of(customer: str) -> sa.ColumnElement[bool]:
    mine = sa.select(api_keys.c.id).where(api_keys.c.customer == customer)
    return feedback.c.key_id.in_(mine)


def open_feedback(
    database: sa.Engine, days: int | None = None, redact: bool = False
) -> FeedbackStore:
    """Return the feedback of an open store, with the environment's seal.

    Raises:
        UndercutError: the environment's key is none.
    """
    return FeedbackStore(database, seal_of_environment(), days, redact)
