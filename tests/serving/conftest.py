"""An artefact to serve, and one real server for the tests that need the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.live import Live
from serving.models import write_artefact


@pytest.fixture(scope="session")
def artefact(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("artefact")
    return write_artefact(folder / "tiny", folder / "scratch")


@pytest.fixture(scope="session")
def live(artefact, tmp_path_factory) -> Iterator[Live]:
    server = Live(artefact, tmp_path_factory.mktemp("live"), "--access-log")
    yield server
    server.stop()
