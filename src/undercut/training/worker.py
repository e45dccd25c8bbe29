"""A worker of ``--workers``: ``python -m undercut.training.worker JOB.json``.

See :mod:`undercut.training.workers`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from undercut.core import plugins
from undercut.core.contracts import FitJob
from undercut.core.types import Examples


class Done(Exception):
    """The training is over; the first process writes the model."""


def main(path: Path) -> None:
    """Run the fit of a job up to the end of its training."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    facts = json.loads(path.read_text(encoding="utf-8"))
    task, method = facts["task"], facts["method"]
    way = plugins.way(method, task)
    for split in ("train", "valid"):
        facts[split] = None if facts[split] is None else Examples(*facts[split])
    facts["task"] = plugins.attr(plugins.get("task", task).load)()
    facts["options"] = plugins.attr(way.options).model_validate(facts["options"])
    facts["labels"] = tuple(facts["labels"])
    facts["cache"] = Path(facts["cache"])
    facts["checkpoint"] = facts["checkpoint"] and Path(facts["checkpoint"])
    with tempfile.TemporaryDirectory(prefix="undercut-worker-") as out, suppress(Done):
        plugins.attr(way.fit)(FitJob(**facts, out=Path(out)))


def _end_with_parent() -> None:
    """End this process at once when the pipe from the first process is closed."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    from undercut.training.worker import main as start  # one Done, whoever imports it

    start(Path(sys.argv[1]))
