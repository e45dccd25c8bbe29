"""Tables of the serving room, and the SQLite file that holds them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from undercut.core.errors import fail

DATABASE = "serving.sqlite"
"""Name of the file in a state folder."""

metadata = sa.MetaData()

# Times are UTC text of one width (see `stamp`), so that they sort and compare as text.
api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False, unique=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text),
    sa.Column("revoked_at", sa.Text),
)
usage = sa.Table(
    "usage",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("key_id", sa.Text, index=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("inputs", sa.Integer, nullable=False),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("latency_ms", sa.Float, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("request_id", sa.Text, nullable=False, index=True),
    sa.Column("key_id", sa.Text),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)


def stamp(when: datetime | None = None) -> str:
    """Return a time, now by default, as ``2026-01-31T12:00:00.000000Z``."""
    when = (when or datetime.now(UTC)).astimezone(UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def open_database(path: Path) -> sa.Engine:
    """Open or create the SQLite file, readable by its owner only, with the tables in it.

    Raises:
        UndercutError: it cannot be written, or is not a database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": 30}
        )
        sa.event.listen(engine, "connect", _pragmas)
        metadata.create_all(engine)
    except (OSError, sa.exc.DatabaseError) as e:
        raise fail(
            "database-file",
            expected="a SQLite file that can be read and written",
            found=str(getattr(e, "orig", None) or getattr(e, "strerror", None) or e),
            where=str(path),
        ) from None
    return engine


def _pragmas(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
