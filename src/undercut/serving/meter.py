"""Usage: one row an answered request, exactly once, even if the process is killed.

A row goes to the journal before the answer leaves, and from there, in the background, to the
database, where the request id is unique and what was reserved for it is settled in the same
transaction; and as sums to the workspace's ledger, under a subject made of the segment's hash, so
that a segment read twice bills once. At start the journal a dead process left is read the same
way: the path of a crash is the path of every day.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import Field, ValidationError

from undercut.core.types import Record
from undercut.ledger.book import Book
from undercut.serving.budgets.balances import forget_seconds
from undercut.serving.budgets.settle import settle
from undercut.serving.daily import forget_days
from undercut.serving.database import insert, writing
from undercut.serving.journal import Journal
from undercut.serving.tables import stamp, usage

logger = logging.getLogger("undercut.serving")

FLUSH_SECONDS = 10.0
CHUNK = 500


def subject_of(model: str) -> str:
    """Return the ledger subject of serving an artefact, from its hash."""
    return f"serve:{model[:12]}"


class Usage(Record):
    """What one answered request used."""

    request_id: str
    key_id: str | None = Field(description="key it was asked with; null when none is asked for")
    model: str = Field(description="hash of the artefact that answered")
    inputs: int
    tokens: int
    latency_ms: float = Field(description="from the request's arrival to its record")
    at: str = Field(description="UTC time of the record")
    plan: str | None = Field(default=None, description="plan of the key then")
    micro_usd: int | None = Field(
        default=None, description="charge in millionths of a dollar; null when not for sale"
    )
    block: str | None = Field(
        default=None, description="block of the key's budget it was let in against"
    )


class UsageTotal(Record):
    """Sums over the requests of one key on one model."""

    key_id: str | None
    model: str
    requests: int
    inputs: int
    tokens: int
    micro_usd: int | None = Field(
        description="charges in millionths of a dollar; null when a request is not for sale"
    )
    first_at: str
    last_at: str


class Meter:
    """Writes usage. Safe to use from several threads.

    Args:
        database: engine from :func:`undercut.serving.database.open_database`.
        journal: a journal nobody else writes to; the meter closes it.
        book: the ledger that gets the sums.
        flush_seconds: how often rows move from the journal to the database.
    """

    def __init__(
        self,
        database: sa.Engine,
        journal: Journal,
        book: Book,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        self._database, self._journal, self._book = database, journal, book
        self._flush_seconds = flush_seconds
        self._flushing, self._stop = threading.Lock(), threading.Event()
        self._notes: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self.sync, self.server = journal.sync, journal.identity
        self.flush_failures = 0
        self.chores: list[Callable[[], None]] = []
        """What else is done each time, such as deleting what is kept too long."""
        self.flush()
        self._thread = threading.Thread(target=self._work, name="meter", daemon=True)
        self._thread.start()

    def record(self, **used: Any) -> None:
        """Write one answered request to the journal, before the answer leaves.

        Blocks for a disk flush only when the journal was opened with ``sync``.

        Args:
            used: the fields of :class:`Usage` but the time, which is now.

        Raises:
            OSError: the journal cannot be written; the answer must not leave.
        """
        self._journal.append(_row(used))

    def soon(self, **used: Any) -> asyncio.Future[None]:
        """Do as :meth:`record` within this turn of the event loop, with all others of it.

        Requests that were in one batch are answered in one turn: they share a system call.
        Cancelling the future in time leaves the request unrecorded.
        """
        loop = asyncio.get_running_loop()
        if not self._notes:
            loop.call_soon(self._note_all)
        written: asyncio.Future[None] = loop.create_future()
        self._notes.append((_row(used), written))
        return written

    def _note_all(self) -> None:
        notes, self._notes = self._notes, []
        notes = [(row, written) for row, written in notes if not written.done()]
        try:
            self._journal.append(*(row for row, _ in notes))
        except OSError as error:
            for _, written in notes:
                written.set_exception(error)
        else:
            for _, written in notes:
                written.set_result(None)

    def flush(self) -> int:
        """Move everything from the journal to database and ledger; return how many rows were new.

        Raises:
            sqlalchemy.exc.SQLAlchemyError, OSError: rows stay in the journal for the next time.
        """
        new = 0
        with self._flushing:
            for segment in self._journal.rotate():
                rows, damaged = _rows(*self._journal.read(segment))
                if rows:
                    new += self._store(rows)
                if damaged:
                    kept = segment.rename(segment.with_suffix(".damaged"))
                    logger.error("%d damaged usage lines, kept in %s", damaged, kept)
                else:
                    self._journal.drop(segment)
        return new

    def _store(self, rows: list[dict[str, Any]]) -> int:
        """Write a segment's rows, settle them, and enter their sums; return how many were new."""
        told = "".join(f"{r['request_id']} {r['at']}\n" for r in rows)
        segment = hashlib.sha256(told.encode()).hexdigest()[:16]
        new, once = 0, dict[str, dict[str, Any]]()
        for row in rows:  # a request with an idempotency key may have been answered twice
            once.setdefault(row["request_id"], row)
        rows = list(once.values())
        for i in range(0, len(rows), CHUNK):
            some = rows[i : i + CHUNK]
            with writing(self._database) as db:
                fresh = insert(db, usage).on_conflict_do_nothing().returning(usage.c.request_id)
                kept = [{k: r[k] for k in r if k != "block"} | {"segment": segment} for r in some]
                ids = set(db.execute(fresh, kept).scalars())
                settle(db, some, ids)
                new += len(ids)
        self._enter(segment)
        with self._database.begin() as db:
            forget_seconds(db, datetime.now(UTC) - timedelta(minutes=1))
            forget_days(db, datetime.now(UTC))
        return new

    def _enter(self, segment: str) -> None:
        """Write a segment's sums to the ledger; nothing when they are there already."""
        sums = (
            sa.func.count().label("requests"),
            sa.func.sum(usage.c.tokens).label("tokens"),
            sa.func.max(usage.c.at).label("at"),
        )
        mine = sa.select(usage.c.model, *sums).where(usage.c.segment == segment)
        with self._database.connect() as db:
            found = db.execute(mine.group_by(usage.c.model)).all()
        for row in found:
            subject = f"{subject_of(row.model)}:{segment}"
            at = datetime.fromisoformat(row.at)
            self._book.record(subject, "request", row.requests, at=at)
            note = "estimated: UTF-8 bytes / 4"
            tokens = int(row.tokens)
            self._book.record(subject, "token", tokens, at=at, measured=False, note=note)

    def find(self, request_id: str) -> Usage | None:
        """Return the usage of a request, or ``None``."""
        query = sa.select(usage).where(usage.c.request_id == request_id)
        for look in range(2):
            with self._database.connect() as db:
                row = db.execute(query).first()
            if row is not None:
                return Usage(**{k: v for k, v in row._mapping.items() if k != "segment"})
            if not look:
                self.flush()
        return None

    def totals(self, key_id: str | None = None) -> list[UsageTotal]:
        """Return usage by key and model, of one key or of all, up to this moment."""
        self.flush()
        query = sa.select(
            usage.c.key_id,
            usage.c.model,
            sa.func.count().label("requests"),
            sa.func.sum(usage.c.inputs).label("inputs"),
            sa.func.sum(usage.c.tokens).label("tokens"),
            sa.func.sum(usage.c.micro_usd).label("micro_usd"),
            sa.func.count(usage.c.micro_usd).label("priced"),
            sa.func.min(usage.c.at).label("first_at"),
            sa.func.max(usage.c.at).label("last_at"),
        ).group_by(usage.c.key_id, usage.c.model)
        if key_id is not None:
            query = query.where(usage.c.key_id == key_id)
        with self._database.connect() as db:
            rows = db.execute(query.order_by(usage.c.key_id, usage.c.model))
            return [_total(row) for row in rows]

    def close(self) -> None:
        """Write what is left and stop. What cannot be written is read at the next start."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        self._try_flush()
        self._journal.close()

    def _work(self) -> None:
        while not self._stop.wait(self._flush_seconds):
            self._try_flush()

    def _try_flush(self) -> None:
        try:
            self.flush()
            for chore in self.chores:
                chore()
        except Exception as e:
            self.flush_failures += 1
            logger.error("usage stays in the journal, or a chore undone: %s", type(e).__name__)


def _row(used: dict[str, Any]) -> dict[str, Any]:
    """Return a line of the journal; it is read as :class:`Usage`."""
    row = used | {"latency_ms": round(used["latency_ms"], 3), "at": stamp()}
    if row.get("block", "") is None:
        del row["block"]
    return row


def _total(row: sa.Row[Any]) -> UsageTotal:
    facts = dict(row._mapping)
    priced = facts.pop("priced") == row.requests
    whole = {name: int(facts[name]) for name in ("inputs", "tokens")}
    return UsageTotal(**facts | whole | {"micro_usd": int(row.micro_usd) if priced else None})


def _rows(records: list[dict[str, Any]], torn: int) -> tuple[list[dict[str, Any]], int]:
    rows, damaged = [], 0
    for record in records:
        try:
            rows.append(Usage.model_validate(record).model_dump())
        except ValidationError:
            damaged += 1
    return rows, damaged + torn


def open_meter(database: sa.Engine, folder: Path, book: Book, *, sync: bool = False) -> Meter:
    """Open a meter whose journal lies in ``folder``, and read what a dead process left there.

    Raises:
        UndercutError: the folder cannot be written, or another server uses it.
    """
    journal = Journal(folder, sync=sync)
    try:
        return Meter(database, journal, book)
    except BaseException:
        with suppress(OSError):
            journal.close()
        raise
