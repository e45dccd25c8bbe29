"""``predict_file`` from ten thousand rows to ten million: time, memory, and one kill half-way.

The rows are Banking77's texts joined two and two with a number, in a CSV file; the model is linear.
The largest file is answered once more by a command that is killed with SIGKILL when half the rows
are on the disk, and once more by one that goes on; both answers must be the same bytes.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import datasets, ours
from benchmarks.part import PartFailed, call, environment

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
QUICK_SIZES = (1_000, 400_000)
SEED = 0
SETTINGS = {
    "sizes": list(SIZES),
    "rows": "two Banking77 training texts and a number, as CSV with an id column",
    "kill": "SIGKILL when half the rows of the largest file are noted as on the disk",
}


def write_rows(path: Path, texts: list[str], n: int) -> Path:
    """Write ``n`` rows; the i-th is the same in every file."""
    with path.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["id", "text"])
        for i in range(n):
            one, two = texts[i % len(texts)], texts[(i * 7919 + 1) % len(texts)]
            writer.writerow([i, f"{one} {two} {i}"])
    return path


def model(split: datasets.Split, method: str, work: Path, threads: int) -> str:
    """Return the artefact of a run with one method."""
    facts, _ = ours.start(split, method, SEED, work, threads)
    place = ours.workspace(work, split.name, method, SEED).resolve()
    return str(place / facts["artefact"])


def kill_half_way(request: dict[str, Any], rows: int) -> int:
    """Start the same job, kill it when half its rows are on the disk; return how many were.

    Raises:
        PartFailed: it ended before it could be killed.
    """
    out = Path(request["out"])
    journal = out.with_name(f".{out.name}.journal")
    going = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.growth_step"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment(request["threads"]),
        text=True,
        start_new_session=True,
    )
    assert going.stdin is not None
    going.stdin.write(json.dumps(request))
    going.stdin.close()
    while going.poll() is None:
        done = noted(journal)
        if done >= rows // 2:
            os.killpg(going.pid, signal.SIGKILL)
            going.wait()
            return noted(journal)
        time.sleep(0.02)
    raise PartFailed("it ended before half its rows were noted; nothing to kill")


def noted(journal: Path) -> int:
    """Return the rows a journal says are on the disk."""
    try:
        lines = journal.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return 0
    found = 0
    for line in lines:
        try:
            found = int(json.loads(line).get("rows", found))
        except ValueError:
            continue
    return found


def measure(
    data: Path, work: Path, threads: int, sizes: tuple[int, ...] = SIZES
) -> list[dict[str, Any]]:
    """Return one row a model and size, and one of the kill with each model."""
    from undercut.core import plugins
    from undercut.store.files import sha256_file

    split = datasets.read("banking77", data)
    place = work.resolve() / "growth"
    rows: list[dict[str, Any]] = []
    try:
        for method in ("linear", "hashed"):
            if method not in plugins.names("method"):
                continue
            folder = model(split, method, work, threads)
            for n in sizes:
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir(parents=True)
                file = write_rows(place / "rows.csv", split.train.texts, n)
                request = {"folder": folder, "file": str(file), "threads": threads}
                request["out"] = str(place / "out.jsonl")
                row = {"model": method, "rows_asked": n, "megabytes": file.stat().st_size / 1e6}
                found = call("benchmarks.growth_step", request, threads, timeout=4 * 3600)
                found.pop("out")
                rows.append(row | {"killed": False} | found)
            whole = sha256_file(place / "out.jsonl")
            (place / "out.jsonl").unlink()
            kept = kill_half_way(request, sizes[-1])
            found = call("benchmarks.growth_step", request, threads, timeout=4 * 3600)
            found.pop("out")
            same = sha256_file(place / "out.jsonl") == whole
            rows.append(row | {"killed": True, "kept_rows": kept, "same_bytes": same} | found)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return rows
