"""The ledger's only writer: quantities by (subject, attempt, unit), in SQLite through SQLAlchemy.

A subject is what was done (``step:fit-probe:3f2a``), an attempt one try at it. Rows are unique
on the three, so a retry cannot bill twice; a killed attempt keeps what its last heartbeat wrote.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import psutil
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from undercut.core.errors import UndercutError, did_you_mean, fail
from undercut.ledger.meter import tree_cpu_seconds
from undercut.ledger.price import Rates, total, units

MICRO = 1_000_000
HEARTBEAT_SECONDS = 0.5

_metadata = sa.MetaData()
attempts = sa.Table(
    "attempts",
    _metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("process_started", sa.Float, nullable=False),
    sa.Column("started_at", sa.Text, nullable=False),
    sa.Column("ended_at", sa.Text),
    sa.Column("state", sa.Text, nullable=False),  # running | done | failed | killed
)
entries = sa.Table(
    "entries",
    _metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("unit", sa.Text, primary_key=True),
    sa.Column("quantity_micro", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("measured", sa.Boolean, nullable=False),
    sa.Column("note", sa.Text, nullable=False, default=""),
)


@dataclass(frozen=True)
class Entry:
    """One ledger row.

    Attributes:
        quantity: in units of ``unit``.
        measured: false for an entry typed in or estimated.
        state: the attempt's: running, done, failed or killed.
    """

    subject: str
    attempt: int
    unit: str
    quantity: Decimal
    at: datetime
    measured: bool
    note: str
    state: str

    @property
    def line(self) -> tuple[str, Decimal, datetime]:
        """Return what :func:`undercut.ledger.price.total` takes."""
        return self.unit, self.quantity, self.at


def _micro(quantity: Decimal | float | int) -> int:
    value = Decimal(str(quantity))
    if not value.is_finite() or value < 0:
        raise fail("ledger-quantity", expected="a quantity of at least 0", found=str(quantity))
    return int((value * MICRO).to_integral_value(ROUND_HALF_EVEN))


def _now() -> datetime:
    return datetime.now(UTC)


class Book:
    """A ledger file.

    Args:
        path: the SQLite file; created when absent.

    Raises:
        UndercutError: the file is not a ledger, or cannot be written.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            self.engine = sa.create_engine(
                f"sqlite:///{self.path}", connect_args={"timeout": 30, "check_same_thread": False}
            )
            sa.event.listen(self.engine, "connect", _pragmas)
            _metadata.create_all(self.engine)
        except (sa.exc.DatabaseError, OSError) as e:
            raise self._broken(e) from None
        self._close_dead()

    def _broken(self, e: Exception) -> UndercutError:
        return fail(
            "ledger-file",
            expected="a ledger database that can be read and written",
            found=str(getattr(e, "orig", e)),
            where=str(self.path),
            fix="Is the disk full, or the folder read-only? Mend that and run the command again.",
        )

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Open a transaction: all of it is written, or none and one clear error."""
        try:
            with self.engine.begin() as db:
                yield db
        except sa.exc.DatabaseError as e:
            raise self._broken(e) from None

    def _close_dead(self) -> None:
        """Mark attempts of processes that are gone as killed; their quantities stay."""
        with self._writing() as db:
            running = db.execute(sa.select(attempts).where(attempts.c.state == "running")).all()
            for row in running:
                if not _alive(row.pid, row.process_started):
                    db.execute(
                        sa.update(attempts)
                        .where(
                            attempts.c.subject == row.subject,
                            attempts.c.attempt == row.attempt,
                            attempts.c.state == "running",
                        )
                        .values(state="killed")
                    )

    def record(
        self,
        subject: str,
        unit: str,
        quantity: Decimal | float | int,
        *,
        attempt: int = 1,
        at: datetime | None = None,
        measured: bool = True,
        note: str = "",
    ) -> bool:
        """Write one quantity; do nothing when (subject, attempt, unit) is there already.

        Returns:
            Whether a row was written.

        Raises:
            UndercutError: unknown unit, or a negative or non-finite quantity.
        """
        quantities = {unit: quantity}
        return bool(
            self.record_all(
                subject, quantities, attempt=attempt, at=at, measured=measured, note=note
            )
        )

    def record_all(
        self,
        subject: str,
        quantities: Mapping[str, Decimal | float | int],
        *,
        attempt: int = 1,
        at: datetime | None = None,
        measured: bool = True,
        note: str = "",
    ) -> int:
        """Write several quantities of one subject, all or none; see :meth:`record`.

        Returns:
            How many rows were written.

        Raises:
            UndercutError: unknown unit, or a negative or non-finite quantity; nothing is written.
        """
        for unit in quantities:
            _known(unit)
        amounts = {unit: _micro(quantity) for unit, quantity in quantities.items()}
        written = 0
        with self._writing() as db:
            for unit, amount in amounts.items():
                values = {
                    "subject": subject,
                    "attempt": attempt,
                    "unit": unit,
                    "quantity_micro": amount,
                    "at": (at or _now()).isoformat(),
                    "measured": measured,
                    "note": note,
                }
                done = db.execute(insert(entries).values(**values).on_conflict_do_nothing())
                written += done.rowcount
        return written

    @contextmanager
    def measure(self, subject: str) -> Iterator[int]:
        """Measure a block as the next attempt at ``subject``; yields the attempt's number.

        Processor and wall seconds are written every half second and at the end, so a kill
        loses at most the last half second.
        """
        number = self._open(subject)
        cpu0, wall0 = tree_cpu_seconds(), time.monotonic()
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(HEARTBEAT_SECONDS):
                with suppress(UndercutError):  # the last writing, below, says what is wrong
                    self._set(subject, number, tree_cpu_seconds() - cpu0, time.monotonic() - wall0)

        thread = threading.Thread(target=beat, name="ledger-heartbeat", daemon=True)
        thread.start()

        def close(state: str) -> None:
            stop.set()
            thread.join()
            self._set(subject, number, tree_cpu_seconds() - cpu0, time.monotonic() - wall0)
            with self._writing() as db:
                db.execute(
                    sa.update(attempts)
                    .where(attempts.c.subject == subject, attempts.c.attempt == number)
                    .values(state=state, ended_at=_now().isoformat())
                )

        try:
            yield number
        except BaseException:
            with suppress(UndercutError):  # why the block failed is the news, not the ledger
                close("failed")
            raise
        close("done")

    def _open(self, subject: str) -> int:
        started = psutil.Process().create_time()
        for _ in range(100):
            with self._writing() as db:
                last = db.execute(
                    sa.select(sa.func.max(attempts.c.attempt)).where(attempts.c.subject == subject)
                ).scalar()
                number = (last or 0) + 1
                done = db.execute(
                    insert(attempts)
                    .values(
                        subject=subject,
                        attempt=number,
                        pid=os.getpid(),
                        process_started=started,
                        started_at=_now().isoformat(),
                        state="running",
                    )
                    .on_conflict_do_nothing()
                )
                if done.rowcount:
                    return number
        raise fail("ledger-busy", expected="a free attempt number", found="none in 100 tries")

    def _set(self, subject: str, attempt: int, cpu: float, wall: float) -> None:
        with self._writing() as db:
            for unit, quantity in (("cpu_second", cpu), ("wall_second", wall)):
                row = insert(entries).values(
                    subject=subject,
                    attempt=attempt,
                    unit=unit,
                    quantity_micro=_micro(max(quantity, 0.0)),
                    at=_now().isoformat(),
                    measured=True,
                    note="",
                )
                keys = [entries.c.subject, entries.c.attempt, entries.c.unit]
                more = row.excluded.quantity_micro
                db.execute(
                    row.on_conflict_do_update(
                        index_elements=keys,
                        set_={"quantity_micro": more, "at": row.excluded.at},
                        where=entries.c.quantity_micro < more,
                    )
                )

    def entries(self, prefix: str = "") -> list[Entry]:
        """Return the rows whose subject starts with ``prefix``, oldest first."""
        query = (
            sa.select(entries, attempts.c.state)
            .select_from(
                entries.outerjoin(
                    attempts,
                    (attempts.c.subject == entries.c.subject)
                    & (attempts.c.attempt == entries.c.attempt),
                )
            )
            .where(entries.c.subject.startswith(prefix, autoescape=True))
            .order_by(entries.c.at, entries.c.subject, entries.c.attempt, entries.c.unit)
        )
        with self.engine.connect() as db:
            return [
                Entry(
                    r.subject,
                    r.attempt,
                    r.unit,
                    Decimal(r.quantity_micro) / MICRO,
                    datetime.fromisoformat(r.at),
                    r.measured,
                    r.note,
                    r.state or "done",
                )
                for r in db.execute(query)
            ]

    def attempts(self, subject: str) -> list[str]:
        """Return the states of a subject's attempts, first to last."""
        query = (
            sa.select(attempts.c.state)
            .where(attempts.c.subject == subject)
            .order_by(attempts.c.attempt)
        )
        with self.engine.connect() as db:
            return list(db.execute(query).scalars())

    def usd(self, prefix: str, rates: Rates) -> Decimal:
        """Return the USD total of the rows whose subject starts with ``prefix``.

        Raises:
            UnpricedError: a quantity has no rate.
        """
        return total((e.line for e in self.entries(prefix)), rates)


def _known(unit: str) -> None:
    if unit not in units():
        raise fail(
            "ledger-unit",
            expected="a billable unit",
            found=f"'{unit}'",
            fix=did_you_mean(unit, units()),
        )


def _alive(pid: int, started: float) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - started) < 1.0
    except psutil.Error:
        return False


def _pragmas(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
