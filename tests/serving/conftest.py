"""An artefact to serve, and one real server for the tests that need the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.live import Live
from serving.stand_ins import write_artefact
from serving.stores import KINDS, absent, postgresql


@pytest.fixture(scope="session")
def artefact(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("artefact")
    return write_artefact(folder / "tiny", folder / "scratch")


@pytest.fixture(scope="session")
def live(artefact, tmp_path_factory) -> Iterator[Live]:
    server = Live(artefact, tmp_path_factory.mktemp("live"), "--access-log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def new_postgresql() -> Iterator[Any]:
    """A function that makes an empty PostgreSQL database and returns its URL."""
    if absent():
        pytest.skip("no wheel of PostgreSQL for this platform")
    with postgresql() as make:
        yield make


@pytest.fixture(params=KINDS)
def store(request, tmp_path) -> Path | str:
    """The place of an empty store, SQLite and PostgreSQL in turn."""
    if request.param == "sqlite":
        return tmp_path / "store.sqlite"
    return request.getfixturevalue("new_postgresql")()
