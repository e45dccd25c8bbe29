"""Peak memory of a block of work."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from undercut.ledger.meter import peak_of

MB = 1_000_000


def test_the_peak_is_that_of_the_block():
    with peak_of() as peak:
        held = np.ones(25 * MB)  # 200 MB, written to
    assert peak.memory_bytes > 8 * held.size
    assert peak.memory_bytes > 0


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux lets it be reset")
@pytest.mark.skipif(sys.platform != "linux", reason="Linux lets it be reset")
def test_what_was_let_go_before_does_not_count():
    with peak_of() as large:
        held = np.ones(50 * MB)  # 400 MB
    del held
    with peak_of() as small:
        pass
    assert small.memory_bytes < large.memory_bytes - 300 * MB
