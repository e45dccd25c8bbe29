"""Runs in this process measure their variants in it too, briefly.

Runs that tests start as commands measure each variant in a process of its own, as users' do.
"""

from __future__ import annotations

import pytest

from undercut.predict import measure, stopwatch


@pytest.fixture(scope="session", autouse=True)
def measured_here():
    def briefly(folder, texts, threads, backend=None):
        return stopwatch.Stopwatch(folder, texts[:200], threads, backend)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "open_watch", briefly)
        patch.setattr(measure, "ROUNDS", 2)
        patch.setattr(stopwatch, "PASS_SECONDS", 0.02)
        patch.setattr(stopwatch, "SINGLES", 5)
        patch.setattr(stopwatch, "WARM_UP", 2)
        yield
