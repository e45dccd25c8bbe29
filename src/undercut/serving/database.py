"""Where keys, usage, money and feedback lie: a SQLite file, or PostgreSQL by URL; one schema."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from undercut.core.errors import MissingExtra, Problem, UndercutError, fail

HEAD = "0004"
"""The newest step in ``migrations``; a test compares."""
MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x756E6463  # "undc", the advisory lock under which PostgreSQL's schema changes


def open_database(place: Path | str) -> sa.Engine:
    """Open the store, making or bringing up to date its tables.

    Args:
        place: a SQLite file, readable by its owner only, made when absent; or a URL such as
            ``postgresql://user@host/name``, whose password belongs in ``PGPASSWORD`` or
            ``~/.pgpass``.

    Raises:
        UndercutError: it cannot be reached or written, is not a database, or its tables are of a
            newer version.
        MissingExtra: the packages of PostgreSQL or of migrations are absent.
    """
    engine = connect(place)
    try:
        migrate(engine)
    except sa.exc.DatabaseError as e:
        raise _broken(engine, e) from None
    return engine


def connect(place: Path | str) -> sa.Engine:
    """Return an engine on the store, whatever its tables are; see :func:`open_database`."""
    if isinstance(place, str) and "://" in place:
        return _postgresql(place)
    path = Path(place)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as e:
        raise fail(
            "database-file",
            expected="a SQLite file that can be read and written",
            found=str(e.strerror),
            where=str(path),
        ) from None
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, connect_args={"timeout": 30})
    sa.event.listen(engine, "connect", _pragmas)
    return engine


def _postgresql(text: str) -> sa.Engine:
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        url = sa.URL.create("")
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise fail(
            "database-url",
            expected="a SQLite file, or a URL such as postgresql://user@host/name",
            found=f"'{text.partition('://')[0]}://...'",
            where="database",
        )
    if importlib.util.find_spec("psycopg") is None:
        raise _missing("PostgreSQL", "psycopg", "postgres")
    url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8)


def _missing(what: str, package: str, extra: str) -> MissingExtra:
    fix = f'Run: pip install "undercut[{extra}]"'
    problem = Problem(f"the packages of {what} to be installed", f"no {package}", fix=fix)
    return MissingExtra("extra-missing", problem)


def _broken(engine: sa.Engine, e: sa.exc.DatabaseError) -> UndercutError:
    if engine.dialect.name == "sqlite":
        return fail(
            "database-file",
            expected="a SQLite file that can be read and written",
            found=str(e.orig),
            where=str(engine.url.database),
        )
    return fail(
        "database-server",
        expected="a PostgreSQL database that answers, whose tables may be made and changed",
        found=" ".join(str(e.orig).split())[:300],
        where=engine.url.render_as_string(hide_password=True),
        fix="Is the server up, and are user, password (PGPASSWORD) and database right?",
    )


def _pragmas(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that reads what it then writes, alone where the database needs that."""
    with engine.begin() as db:
        if engine.dialect.name == "sqlite":
            db.exec_driver_sql("BEGIN IMMEDIATE")
        yield db


def relaxed(engine: sa.Engine) -> sa.Engine:
    """Return an engine whose commits survive the death of a process, not always that of the power.

    For PostgreSQL it is the same engine: there a transaction says ``SET LOCAL synchronous_commit``.
    """
    if engine.dialect.name != "sqlite":
        return engine
    other = sa.create_engine(engine.url, connect_args={"timeout": 30})
    sa.event.listen(other, "connect", _pragmas)
    sa.event.listen(other, "connect", lambda c, _: c.execute("PRAGMA synchronous=NORMAL").close())
    return other


def insert(db: sa.Connection | sa.Engine, table: sa.Table) -> Any:
    """Return an INSERT that knows ``on_conflict_do_nothing``, in the store's dialect."""
    return (sqlite if db.dialect.name == "sqlite" else postgresql).insert(table)


def version(db: sa.Connection) -> str | None:
    """Return the step the tables stand at; ``None`` when there are none."""
    names = sa.inspect(db).get_table_names()
    if "alembic_version" in names:
        return db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return "0001" if "api_keys" in names else None  # made before there were steps


def migrate(engine: sa.Engine, target: str = HEAD) -> None:
    """Bring the tables to a step, up or down; several processes may call it at once.

    Raises:
        UndercutError: the tables are of a version this program does not know.
        MissingExtra: alembic is needed and absent.
    """
    with engine.connect() as db:
        if version(db) == target:
            return
    if importlib.util.find_spec("alembic") is None:
        raise _missing("serving", "alembic", "serve")
    from alembic import command
    from alembic.config import Config

    with writing(engine) as db:
        if engine.dialect.name == "postgresql":
            db.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        here = version(db)
        if here == target:
            return
        known = {p.stem[:4] for p in (MIGRATIONS / "versions").glob("[0-9]*.py")}
        if here is not None and here not in known:
            raise fail(
                "database-newer",
                expected=f"tables of version {HEAD} or older",
                found=f"version {here}",
                where=engine.url.render_as_string(hide_password=True),
                fix="Install the version of undercut that made them, or a newer one.",
            )
        config = Config(attributes={"connection": db})
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        if here == "0001" and "alembic_version" not in sa.inspect(db).get_table_names():
            command.stamp(config, "0001")
        up = target != "base" and (here or "") < target
        (command.upgrade if up else command.downgrade)(config, target)
