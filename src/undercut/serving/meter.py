"""Usage: one row an answered request, exactly once, even if the process is killed.

A row goes to the journal before the answer leaves, and from there, in the background, to the
database, where the request id is unique. At start the journal a dead process left is read the
same way, so the path of a crash is the path of every day.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import Field, ValidationError
from sqlalchemy.dialects.sqlite import insert

from undercut.core.types import Record
from undercut.serving.database import stamp, usage
from undercut.serving.journal import Journal, read_segment

logger = logging.getLogger("undercut.serving")

Price = Callable[[int, int], int | None]
"""(inputs, tokens) -> micro-dollars, or ``None`` when there is no rate."""


class Usage(Record):
    """What one answered request used."""

    request_id: str
    key_id: str | None = Field(description="key it was asked with; null when none is asked for")
    model: str = Field(description="hash of the artefact that answered")
    inputs: int
    tokens: int
    latency_ms: float = Field(description="from the request's arrival to its record")
    at: str = Field(description="UTC time of the record")
    usd_micros: int | None = Field(description="price in millionths of a dollar; null: unpriced")


class UsageTotal(Record):
    """Sums over the requests of one key on one model."""

    key_id: str | None
    model: str
    requests: int
    inputs: int
    tokens: int
    usd_micros: int | None = Field(description="null when a request in it is unpriced")
    unpriced_requests: int
    first_at: str
    last_at: str


def unpriced(inputs: int, tokens: int) -> int | None:
    """Price nothing."""
    return None


class Meter:
    """Writes usage. Safe to use from several threads.

    Args:
        database: engine from :func:`undercut.serving.database.open_database`.
        journal: a journal nobody else writes to; the meter closes it.
        price: what a request costs; called once a request, at its time.
        flush_seconds: how often rows move from the journal to the database.
    """

    def __init__(
        self,
        database: sa.Engine,
        journal: Journal,
        price: Price = unpriced,
        flush_seconds: float = 1.0,
    ) -> None:
        self._database, self._journal, self._price = database, journal, price
        self._flush_seconds = flush_seconds
        self._flushing, self._stop = threading.Lock(), threading.Event()
        self.sync = journal.sync
        self.flush_failures = 0
        self.flush()
        self._thread = threading.Thread(target=self._work, name="meter", daemon=True)
        self._thread.start()

    def record(
        self,
        *,
        request_id: str,
        key_id: str | None,
        model: str,
        inputs: int,
        tokens: int,
        latency_ms: float,
    ) -> Usage:
        """Write one answered request to the journal, before the answer leaves.

        Blocks for a disk flush only when the journal was opened with ``sync``.

        Raises:
            OSError: the journal cannot be written; the answer must not leave.
        """
        try:
            usd_micros = self._price(inputs, tokens)
        except Exception as e:  # an unpriced row can be priced later, a lost one cannot
            logger.error("no price for %s: %s", request_id, type(e).__name__)
            usd_micros = None
        row = Usage(
            request_id=request_id,
            key_id=key_id,
            model=model,
            inputs=inputs,
            tokens=tokens,
            latency_ms=round(latency_ms, 3),
            at=stamp(),
            usd_micros=usd_micros,
        )
        self._journal.append(row.model_dump())
        return row

    def flush(self) -> int:
        """Move everything from the journal to the database; return how many rows were new.

        Raises:
            sqlalchemy.exc.SQLAlchemyError, OSError: rows stay in the journal for the next time.
        """
        new = 0
        with self._flushing:
            for segment in self._journal.rotate():
                rows, damaged = _rows(segment)
                if rows:
                    with self._database.begin() as db:
                        done = db.execute(insert(usage).on_conflict_do_nothing(), rows)
                        new += max(done.rowcount, 0)
                if damaged:
                    kept = segment.rename(segment.with_suffix(".damaged"))
                    logger.error("%d damaged usage lines, kept in %s", damaged, kept)
                else:
                    segment.unlink()
        return new

    def find(self, request_id: str) -> Usage | None:
        """Return the usage of a request, or ``None``."""
        self.flush()
        with self._database.connect() as db:
            row = db.execute(sa.select(usage).where(usage.c.request_id == request_id)).first()
        return Usage(**row._mapping) if row else None

    def totals(self, key_id: str | None = None) -> list[UsageTotal]:
        """Return usage by key and model, of one key or of all, up to this moment."""
        self.flush()
        requests, priced = sa.func.count(), sa.func.count(usage.c.usd_micros)
        usd = sa.case((priced == requests, sa.func.sum(usage.c.usd_micros)))
        query = sa.select(
            usage.c.key_id,
            usage.c.model,
            requests.label("requests"),
            sa.func.sum(usage.c.inputs).label("inputs"),
            sa.func.sum(usage.c.tokens).label("tokens"),
            usd.label("usd_micros"),
            (requests - priced).label("unpriced_requests"),
            sa.func.min(usage.c.at).label("first_at"),
            sa.func.max(usage.c.at).label("last_at"),
        ).group_by(usage.c.key_id, usage.c.model)
        if key_id is not None:
            query = query.where(usage.c.key_id == key_id)
        with self._database.connect() as db:
            rows = db.execute(query.order_by(usage.c.key_id, usage.c.model))
            return [UsageTotal(**row._mapping) for row in rows]

    def close(self) -> None:
        """Write what is left and stop. What cannot be written is read at the next start."""
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
        except Exception as e:
            self.flush_failures += 1
            logger.error(
                "usage stays in the journal, not yet in the database: %s", type(e).__name__
            )


def _rows(segment: Path) -> tuple[list[dict[str, Any]], int]:
    rows, damaged = [], 0
    records, torn = read_segment(segment)
    for record in records:
        try:
            rows.append(Usage.model_validate(record).model_dump())
        except ValidationError:
            damaged += 1
    return rows, damaged + torn


def open_meter(
    database: sa.Engine, folder: Path, *, price: Price | None = None, sync: bool = False
) -> Meter:
    """Open a meter whose journal lies in ``folder``, and read what a dead process left there.

    Raises:
        UndercutError: the folder cannot be written, or another server uses it.
    """
    journal = Journal(folder, sync=sync)
    try:
        return Meter(database, journal, price or unpriced)
    except BaseException:
        with suppress(OSError):
            journal.close()
        raise
