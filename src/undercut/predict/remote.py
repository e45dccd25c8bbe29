"""A stopwatch in a process of its own, told what to do a line at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from undercut.core.errors import UndercutError, fail
from undercut.predict.leaf import Plan
from undercut.predict.stopwatch import Round

MOST_TEXTS = 2000


class RemoteWatch:
    """What :class:`undercut.predict.stopwatch.Stopwatch` is, in a fresh process.

    How cores are used best is found out in a process before it: two open models would count twice
    in its memory.

    Raises:
        UndercutError: the artefact could not be run; its own message is passed on.
    """

    def __init__(
        self, folder: Path, texts: Sequence[Any], threads: int, backend: str | None = None
    ) -> None:
        from undercut.predict.predictor import has_lanes

        asked: dict[str, Any] = {
            "folder": str(folder),
            "threads": threads,
            "backend": backend,
            "texts": list(texts[:MOST_TEXTS]),
            "plan": None,
        }
        self._where = str(folder)
        if threads > 1 and has_lanes(folder, backend):
            self._start(asked | {"what": "plan"})
            asked["plan"] = self._told()
            self.close()
        self._start(asked | {"what": "time"})
        self.backend: str = self._told()["backend"]
        self.plan = Plan(**asked["plan"]) if asked["plan"] else None

    def _start(self, asked: dict[str, Any]) -> None:
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, str(asked["threads"]))
        root = str(Path(__file__).resolve().parents[2])
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [root, os.environ.get("PYTHONPATH", "")])
        )
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "undercut.predict.stopwatch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            env=environment,
        )
        self._say(json.dumps(asked))

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended; reading its answer says why
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _told(self) -> Any:
        """Return the next line of JSON; a library may say other things before it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                return json.loads(line)
            except ValueError:
                continue
        raise self._failed()

    def _failed(self) -> UndercutError:
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines()
        self.close()
        return fail(
            "measure-failed",
            expected="a variant that runs",
            found=(said or ["no message"])[-1],
            where=self._where,
        )

    def round(self) -> Round:
        """Time a pass, then single texts."""
        self._say("round")
        return Round(**self._told())

    def peak_memory_bytes(self) -> int:
        """Return the peak memory of its process."""
        self._say("memory")
        return int(self._told())

    def close(self) -> None:
        """End its process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # it ended before it had read everything
                    pipe.close()
        self._process.wait()
        self._errors.close()
