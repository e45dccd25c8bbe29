from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.ledger.book import Book


def test_a_retry_with_the_same_subject_attempt_and_unit_is_written_once(tmp_path):
    book = Book(tmp_path / "l.sqlite")
    assert book.record("s", "label", 3)
    assert not book.record("s", "label", 99)
    assert book.record("s", "label", 4, attempt=2)
    assert [(e.attempt, e.quantity) for e in book.entries("s")] == [(1, 3), (2, 4)]


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.integers(1, 3),
            st.sampled_from(["label", "request", "person_hour"]),
            st.decimals(0, 10**6, places=6),
        ),
        max_size=30,
    )
)
def test_the_first_quantity_of_each_key_stays_whatever_the_order_of_retries(rows, tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("l") / "l.sqlite")
    first: dict = {}
    for subject, attempt, unit, quantity in rows:
        book.record(subject, unit, quantity, attempt=attempt)
        first.setdefault((subject, attempt, unit), quantity)
    assert {(e.subject, e.attempt, e.unit): e.quantity for e in book.entries()} == first


def test_threads_racing_for_one_key_write_one_row(tmp_path):
    book = Book(tmp_path / "l.sqlite")
    with ThreadPoolExecutor(16) as pool:
        written = list(pool.map(lambda i: book.record("s", "request", i + 1), range(64)))
    assert sum(written) == 1
    assert len(book.entries("s")) == 1


def test_an_unknown_unit_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(UndercutError, match="Did you mean 'label'"):
        Book(tmp_path / "l.sqlite").record("s", "lable", 1)


@pytest.mark.parametrize("quantity", [-1, float("nan"), float("inf")])
def test_a_quantity_that_is_no_quantity_is_refused(tmp_path, quantity):
    with pytest.raises(UndercutError, match="at least 0"):
        Book(tmp_path / "l.sqlite").record("s", "label", quantity)


def test_measuring_counts_the_seconds_of_child_processes(tmp_path):
    book = Book(tmp_path / "l.sqlite")
    burn = "import time\nwhile time.process_time() < 0.6: pass"
    with book.measure("work"):
        subprocess.run([sys.executable, "-c", burn], check=True)
    seconds = {e.unit: float(e.quantity) for e in book.entries("work")}
    assert 0.5 < seconds["cpu_second"] < 5  # the system counts in hundredths
    assert seconds["wall_second"] >= 0.5
    assert book.attempts("work") == ["done"]


def test_a_failed_block_is_kept_as_a_failed_attempt(tmp_path):
    book = Book(tmp_path / "l.sqlite")
    with pytest.raises(RuntimeError), book.measure("work"):
        raise RuntimeError
    with book.measure("work"):
        pass
    assert book.attempts("work") == ["failed", "done"]
    assert {e.attempt for e in book.entries("work")} == {1, 2}


def test_a_killed_attempt_keeps_its_seconds_and_is_marked(tmp_path):
    path = tmp_path / "l.sqlite"
    code = textwrap.dedent(f"""
        from undercut.ledger.book import Book
        with Book({str(path)!r}).measure("work"):
            while True: pass
    """)
    child = subprocess.Popen([sys.executable, "-c", code], env=os.environ)
    deadline = time.monotonic() + 30
    book = Book(path)
    while time.monotonic() < deadline:
        if any(
            e.unit == "cpu_second" and e.quantity > Decimal("0.5") for e in book.entries("work")
        ):
            break
        time.sleep(0.1)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert book.attempts("work") == ["running"]
    again = Book(path)
    assert again.attempts("work") == ["killed"]
    (seconds,) = [e.quantity for e in again.entries("work") if e.unit == "cpu_second"]
    assert seconds > Decimal("0.5")
    with again.measure("work"):
        pass
    assert again.attempts("work") == ["killed", "done"]


def test_a_file_that_is_no_database_gives_one_clear_error(tmp_path):
    path = tmp_path / "l.sqlite"
    path.write_text("not a database, just some text that is long enough to be looked at" * 20)
    with pytest.raises(UndercutError, match="ledger database"):
        Book(path)


def test_money_never_touches_the_ledger(tmp_path):
    book = Book(tmp_path / "l.sqlite")
    with book.engine.connect() as db:
        columns = {c["name"] for c in sa.inspect(db).get_columns("entries")}
    assert columns == {
        "subject", "attempt", "unit", "quantity_micro", "at", "measured", "note",
    }  # fmt: skip


def test_several_quantities_are_written_together_or_not_at_all(tmp_path):
    book = Book(tmp_path / "ledger.sqlite")
    with pytest.raises(UndercutError):
        book.record_all("a", {"request": 1, "no_such_unit": 1})
    with pytest.raises(UndercutError):
        book.record_all("a", {"request": 1, "token": -1})
    assert book.entries() == []
    assert book.record_all("a", {"request": 1, "token": 5}) == 2
    assert book.record_all("a", {"request": 9, "label": 2}) == 1
    assert [(e.unit, e.quantity) for e in book.entries()] == [
        ("request", 1),
        ("token", 5),
        ("label", 2),
    ]
