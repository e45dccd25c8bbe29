"""The name of this machine's processor."""

from __future__ import annotations

import platform
from pathlib import Path


def processor() -> str:
    """Return the processor's model name as the operating system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()
