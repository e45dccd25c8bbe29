"""Shared fixtures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No test is timed: these machines are shared. `make test` tries the same examples everywhere, so
# that it says the same of one commit; `make explore` draws new ones (and keeps what fails).
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, derandomize=False)
settings.load_profile("explore" if os.environ.get("UNDERCUT_EXPLORE") else "repeatable")

ROOT = Path(__file__).resolve().parent.parent

# As the command line has it: on a busy machine threads that spin wait for the one that is not running.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Processes that a test starts find the shared helpers as the tests themselves do.
TESTS = str(Path(__file__).resolve().parent)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [TESTS, os.environ.get("PYTHONPATH", "")]))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def public_data() -> Path | None:
    """The optional folder of public data sets, or None; tests that want it say what they did."""
    place = os.environ.get("UNDERCUT_DATA")
    return Path(place) if place and Path(place).is_dir() else None
