"""Results as JSON: what was measured, of which commit, on what, with which versions."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.part import ROOT

RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = (
    "undercut",
    "torch",
    "transformers",
    "accelerate",
    "tokenizers",
    "scikit-learn",
    "numpy",
    "scipy",
    "onnxruntime",
    "openvino",
    "nncf",
    "numba",
    "sentence-transformers",
)
WATCHED = ("src", "benchmarks/*.py", "benchmarks/settings", "pyproject.toml", "constraints.txt")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, cwd=ROOT, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def versions() -> dict[str, str]:
    """Return the installed versions of what takes part."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def processor() -> str:
    """Return the processor's name as the operating system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()


def instructions() -> list[str]:
    """Return the processor's extensions that decide the speed of small networks."""
    wanted = {"avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8"}
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return []
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return sorted(wanted & set(flags.split()))


def provenance(session: str, threads: int) -> dict[str, Any]:
    """Return what every result carries besides its figures.

    Args:
        session: the same for all results of one invocation.
        threads: cores each contender might use.
    """
    return {
        "schema": 1,
        "session": session,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD") or "unknown",
        "uncommitted_changes": bool(_git("status", "--porcelain", "--", *WATCHED)),
        "processor": processor(),
        "instructions": instructions(),
        "cores": os.cpu_count(),
        "threads": threads,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions(),
    }


def new_session() -> str:
    """Return a name for this invocation: its start in UTC."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def write(
    name: str,
    session: str,
    threads: int,
    seeds: Sequence[int],
    settings: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    folder: Path = RESULTS,
) -> Path:
    """Write one benchmark's result, whole or not at all; return the file."""
    document = {"benchmark": name, **provenance(session, threads)}
    document |= {"seeds": list(seeds), "settings": dict(settings), "rows": [dict(r) for r in rows]}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    temporary = folder / f".{name}.json.tmp"
    text = json.dumps(document, ensure_ascii=False, indent=1)
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)
    return path


def read_all(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Return every result, by benchmark name."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        found[document["benchmark"]] = document
    return found
