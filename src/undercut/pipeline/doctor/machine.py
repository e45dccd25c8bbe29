"""The machine: processor features, cores, memory, disk, and the limits a container sets."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

import psutil

from undercut.core.limits import affinity, core_limit, memory_limit, own_groups, read, usable_cores
from undercut.core.processor import INSTRUCTIONS, flags, processor
from undercut.pipeline.doctor.record import Check

NO_VNNI = "https://github.com/microsoft/onnxruntime/issues/6004"
LITTLE_MEMORY, LITTLE_DISK, NO_DISK = 2 << 30, 2 << 30, 100 << 20


def size(n: float) -> str:
    """Return bytes as GB or MB."""
    return f"{n / 1e9:.1f} GB" if n >= 1e9 else f"{n / 1e6:.0f} MB"


def _processor() -> list[Check]:
    have = flags(read("/proc/cpuinfo"))
    name = f"{processor()}, {platform.machine()}"
    if not have:
        return [Check(topic="processor", state="ok", found=f"{name}; its features are not listed")]
    known = [what for what, any_of in INSTRUCTIONS.items() if have.intersection(any_of)]
    absent = [w for w in ("AVX2", "AVX-512", "VNNI", "AMX", "bf16") if w not in known]
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    found = f"{name}: {', '.join(known) or 'no wide instructions'}"
    found += f"; not {', '.join(absent)}" if x86 and absent else ""
    checks = [Check(topic="processor", state="ok", found=found)]
    if x86 and "VNNI" not in known:
        checks.append(
            Check(
                topic="int8",
                state="note",
                found="without VNNI 8-bit models can saturate and answer differently; the gate "
                "tests each on this machine before it is promoted",
                source=NO_VNNI,
            )
        )
    return checks


def _cores(folders: list[Path]) -> Check:
    there = os.cpu_count() or 1
    quota = core_limit(folders)
    usable = usable_cores(folders)
    found = f"{usable} of {there} used by default"
    if usable < there:
        by_quota = quota is not None and quota < affinity()
        why = f"a container's quota of {quota:g}" if by_quota else "this process's affinity"
        found += f" ({why})"
    return Check(topic="cores", state="ok", found=found)


def _memory(folders: list[Path]) -> Check:
    memory = psutil.virtual_memory()
    limit = memory_limit(folders)
    most = min(memory.total, limit or memory.total)
    found = f"{size(memory.available)} free of {size(memory.total)}"
    if limit and limit < memory.total:
        found += f"; this process may use {size(limit)}"
    if most < LITTLE_MEMORY:
        return Check(
            topic="memory",
            state="note",
            found=found,
            fix="Use --method linear; encoders want 2 GB",
        )
    return Check(topic="memory", state="ok", found=found)


def _disk(workspace: Path) -> Check:
    place = workspace.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    found = f"{size(free)} free at {workspace}"
    if not os.access(place, os.W_OK):
        return Check(
            topic="workspace",
            state="broken",
            found=f"{place} cannot be written",
            fix="Choose another with --workspace DIR",
        )
    if free < NO_DISK:
        return Check(topic="workspace", state="broken", found=found, fix="Make room on the disk")
    if free < LITTLE_DISK:
        return Check(
            topic="workspace", state="note", found=found, fix="Encoders' steps want 2 GB of room"
        )
    return Check(topic="workspace", state="ok", found=found)


def _python() -> Check:
    """Name the interpreter; an older Python than undercut needs could not run this line."""
    return Check(
        topic="Python", state="ok", found=f"{platform.python_version()} at {sys.executable}"
    )


def machine(workspace: Path) -> list[Check]:
    """Return what there is to say about the machine."""
    folders = own_groups()
    return [_python(), *_processor(), _cores(folders), _memory(folders), _disk(workspace)]
