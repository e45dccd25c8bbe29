"""Write docs/transcript.md: a newcomer's session, from an empty folder to a priced model.

Every command is run as it stands, in an empty folder that holds the embedded example's files; what
it printed is what the page shows. Run by ``make docs``; a test runs it again and compares.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "transcript.md"
FILES = ("support_en.csv", "test_en.csv")
HEAD = """<!-- Written by scripts/make_transcript.py from real commands; change that instead. -->

# A first session

From an empty folder to a priced model, in the order a newcomer would type it. Nothing here was edited:
times and prices are those of the machine that wrote the page, and yours will differ. The folder holds two
files of the [embedded example](../examples/support/README.md), `support_en.csv` to learn from and
`test_en.csv` held out.
"""
SESSION = [
    (
        "A file of options",
        "The columns are found and every option is written down with what it means.",
        "undercut new support_en.csv --test test_en.csv",
    ),
    (
        "What is wrong with the data",
        "Before money is spent. Warnings do not stop anything; errors would.",
        "undercut check",
    ),
    (
        "A model and its price",
        "The options come from `undercut.toml`. The linear rung takes seconds; leave `--method` out "
        "to climb further.",
        "undercut run --method linear",
    ),
    (
        "Ask it",
        "One line a text: the label, a tab, its calibrated probability.",
        'undercut predict support_en-linear "where is my refund" "my parcel never came"',
    ),
    (
        "Ask it why",
        "The words' shares add up to the log-odds against the runner-up: exactly, for this model.",
        'undercut explain support_en-linear "where is my refund, I was promised it two weeks ago"',
    ),
    (
        "Another price, the same model",
        "Nothing is trained again: quantities were measured, prices are applied to them.",
        "undercut price support_en-linear --requests-per-month 5000000 --usd-per-core-hour 0.03",
    ),
]


def transcript() -> str:
    """Run the session and return the page."""
    parts = [HEAD]
    with tempfile.TemporaryDirectory(prefix="transcript-") as place:
        for name in FILES:
            shutil.copy(ROOT / "examples" / "support" / name, place)
        for title, text, command in SESSION:
            parts += [
                f"## {title}\n",
                f"{text}\n",
                f"```console\n$ {command}\n{_run(command, place)}```\n",
            ]
    return "\n".join(parts)


def _run(command: str, place: str) -> str:
    words = [sys.executable, "-m", "undercut", *shlex.split(command)[1:]]
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        words,
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stdout}")
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def main() -> None:
    """Write the page."""
    PAGE.write_text(transcript(), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
