"""This machine's processor: its name, and the instructions that decide which numbers pay."""

from __future__ import annotations

import platform
from pathlib import Path

INSTRUCTIONS = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512f",),
    "VNNI": ("avx512_vnni", "avx_vnni", "avx512vnni"),
    "AMX": ("amx_int8", "amx_bf16"),
    "bf16": ("avx512_bf16", "amx_bf16", "bf16"),
    "dot product": ("asimddp",),
    "int8 matrix": ("i8mm",),
}
"""What it is called -> the flags that mean it."""


def processor() -> str:
    """Return the processor's model name as the operating system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()


def flags(cpuinfo: str) -> set[str]:
    """Return the flags of the first processor in the text of ``/proc/cpuinfo``."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return set(value.split())
    return set()


def instructions() -> tuple[str, ...]:
    """Return which of :data:`INSTRUCTIONS` this processor has; empty where it does not tell."""
    try:
        have = flags(Path("/proc/cpuinfo").read_text())
    except OSError:
        return ()
    return tuple(what for what, any_of in INSTRUCTIONS.items() if have.intersection(any_of))
