"""What the system refuses, at any step: one message, exit 2, nothing half-written, and again."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys

import pytest

from pipeline.sets import small
from undercut.cli.app import _os_error, _refused
from undercut.core.errors import UndercutError
from undercut.ledger.book import Book

resource = pytest.importorskip("resource", reason="no limits on file sizes on this system")
RUN = [sys.executable, "-m", "undercut", "run", "small.csv", "--method", "linear", "--quiet"]


@pytest.mark.parametrize("most", [2_000, 60_000, 300_000])
def test_a_run_that_may_not_write_leaves_nothing_half_written_and_goes_on_later(tmp_path, most):
    small(tmp_path)

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = subprocess.run(RUN, cwd=tmp_path, capture_output=True, text=True, preexec_fn=limited)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert len([x for x in done.stderr.splitlines() if x.startswith("undercut:")]) == 1
    assert not list(tmp_path.rglob("*.tmp"))
    again = subprocess.run(RUN, cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    with sqlite3.connect(tmp_path / "undercut-out" / "ledger.sqlite") as ledger:
        assert ledger.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_message_from_another_language_is_understood():
    full = RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")
    assert _refused(full).errno == errno.ENOSPC
    assert _refused(ValueError("something else")) is None


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("a/.old.html.5c307847.tmp", "a/old.html: "),
        (".t.fixed.csv.a827193d.tmp", "t.fixed.csv: "),
        ("steps/.fit-linear-ab12.4242.a827193d.tmp/model.npy", "steps/fit-linear-ab12/model.npy: "),
        ("x/plain.csv", "x/plain.csv: "),
    ],
)
def test_a_file_is_called_by_the_name_it_will_have(hidden, shown):
    said = _os_error(OSError(errno.ENOSPC, "No space left on device", hidden))
    assert said.startswith(f"{shown}the system refused")
    assert said.endswith("Make room on the disk and run the same command again.")


def test_why_a_step_failed_is_told_before_what_the_ledger_says(tmp_path):
    book = Book(tmp_path / "ledger.sqlite")
    with pytest.raises(ZeroDivisionError), book.measure("step:x"):
        book.engine = _Broken()
        raise ZeroDivisionError
    with pytest.raises(UndercutError, match="disk is full"):
        book.record("step:y", "label", 1)


class _Broken:
    """An engine on a disk that is full."""

    def begin(self):
        import sqlalchemy as sa

        raise sa.exc.OperationalError("", {}, sqlite3.OperationalError("disk is full"))
