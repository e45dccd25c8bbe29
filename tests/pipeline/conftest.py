"""Runs in this process measure their variants in it too, briefly.

Runs that tests start as commands measure each variant in a process of its own, as users' do.
"""

from __future__ import annotations

import pytest

from undercut.pipeline import variants
from undercut.pipeline.compressing import trial
from undercut.predict import measure


@pytest.fixture(scope="session", autouse=True)
def measured_here():
    def briefly(folder, texts, threads, backend=None):
        return measure.here(folder, list(texts[:200]), threads, backend)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(variants, "measure", briefly)
        patch.setattr(trial, "measure", briefly)
        patch.setattr(measure, "SECONDS", 0.05)
        patch.setattr(measure, "SINGLES", 30)
        yield
