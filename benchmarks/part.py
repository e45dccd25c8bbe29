"""Each measurement in a process of its own, so that memory and threads stay apart.

A part is a module with ``run(request) -> result``; it ends with ``serve(run)`` under its
``__main__`` guard. Request and result are JSON documents.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.clock import measured

ROOT = Path(__file__).resolve().parent.parent
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
ANSWER = "benchmark-result:"


class PartFailed(RuntimeError):
    """A measurement ended with an error; its last lines are the message."""


def environment(threads: int) -> dict[str, str]:
    """Return the environment every contender runs in: the same cores, no network."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("UNDERCUT_")}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH", "")]))
    return kept | OFFLINE | dict.fromkeys(THREAD_VARIABLES, str(threads))


def execute(
    command: list[str], threads: int, timeout: float, stdin: str = "", cwd: Path = ROOT
) -> tuple[str, dict[str, float]]:
    """Run a command; return its standard output and what the whole process tree took.

    Raises:
        PartFailed: it failed or ran out of time.
    """
    try:
        with measured() as usage:
            done = subprocess.run(
                command,
                input=stdin,
                capture_output=True,
                text=True,
                timeout=timeout,
                env=environment(threads),
                cwd=cwd,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise PartFailed(f"no end after {timeout:.0f} s") from None
    if done.returncode:
        raise PartFailed("\n".join((done.stderr or done.stdout).strip().splitlines()[-12:]))
    return done.stdout, usage.as_json()


def call(
    module: str, request: Mapping[str, Any], threads: int, timeout: float = 3600
) -> dict[str, Any]:
    """Run a part and return its result, with ``process`` holding the whole process's seconds.

    Raises:
        PartFailed: it failed, ran out of time or gave no result.
    """
    out, usage = execute(
        [sys.executable, "-m", module], threads, timeout, json.dumps(dict(request))
    )
    answers = [line for line in out.splitlines() if line.startswith(ANSWER)]
    if not answers:
        raise PartFailed(f"{module} gave no result")
    return json.loads(answers[-1].removeprefix(ANSWER)) | {"process": usage}


def serve(run: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Read the request from standard input, run, and write the result as the last line."""
    result = run(json.loads(sys.stdin.read()))
    print(f"\n{ANSWER}{json.dumps(result)}", flush=True)
