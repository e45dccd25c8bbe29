"""Usage: exactly once, in the database and in the ledger, whatever dies."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from undercut.core.errors import UndercutError
from undercut.ledger.book import Book
from undercut.serving.database import open_database
from undercut.serving.journal import Journal, read_segment
from undercut.serving.meter import Meter, open_meter


def meter(folder: Path) -> tuple[Meter, Book]:
    book = Book(folder / "ledger.sqlite")
    return open_meter(open_database(folder / "serving.sqlite"), folder / "journal", book), book


def use(m: Meter, name: str, **more) -> None:
    values = {"key_id": "key_1", "model": "ab" * 32, "inputs": 2, "tokens": 7, "latency_ms": 1.5}
    m.record(request_id=name, **{**values, **more})


def sums(book: Book) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for entry in book.entries("serve:"):
        found[entry.unit] = found.get(entry.unit, Decimal(0)) + entry.quantity
    return found


def test_totals_by_key_and_ledger(tmp_path):
    m, book = meter(tmp_path)
    for i in range(5):
        use(m, f"req_{i}", key_id="key_1" if i < 3 else "key_2")
    assert [(t.key_id, t.requests, t.inputs, t.tokens) for t in m.totals()] == [
        ("key_1", 3, 6, 21),
        ("key_2", 2, 4, 14),
    ]
    assert [t.key_id for t in m.totals("key_2")] == ["key_2"]
    m.close()
    assert sums(book) == {"request": 5, "token": 35}
    tokens = [e for e in book.entries("serve:abababababab:") if e.unit == "token"]
    assert not any(e.measured for e in tokens)  # an estimate says so
    assert "estimated" in tokens[0].note


def test_two_models_in_one_segment_are_entered_apart(tmp_path):
    m, book = meter(tmp_path)
    for i, model in enumerate(["aa", "bb", "aa"]):
        use(m, f"req_{i}", model=model * 32)
    m.close()
    entered = {
        e.subject.split(":")[1][:2]: e.quantity for e in book.entries() if e.unit == "request"
    }
    assert entered == {"aa": 2, "bb": 1}


def test_a_journal_left_by_a_dead_process_is_billed_once(tmp_path):
    journal = Journal(tmp_path / "journal")
    at = "2026-01-01T00:00:00.000000Z"
    row = {
        "key_id": None,
        "model": "ab" * 32,
        "inputs": 1,
        "tokens": 3,
        "latency_ms": 1.0,
        "at": at,
    }
    journal.append({"request_id": "req_1"} | row)
    journal.append({"request_id": "req_2"} | row)
    (segment,) = journal.rotate()
    copy = segment.read_bytes()
    with segment.open("ab") as f:
        f.write(b"00000000 {torn")  # killed while writing: no answer left
    journal.close()
    m, book = meter(tmp_path)
    m.close()
    assert not list((tmp_path / "journal").glob("*.jsonl"))
    (tmp_path / "journal" / "000000000007.jsonl").write_bytes(copy)  # killed before the deletion
    m, book = meter(tmp_path)
    assert m.totals()[0].requests == 2
    m.close()
    assert sums(book) == {"request": 2, "token": 6}


def test_a_damaged_segment_is_kept_and_said(tmp_path, caplog):
    m, book = meter(tmp_path)
    use(m, "req_1")
    use(m, "req_2")
    (segment,) = (tmp_path / "journal").glob("*.jsonl")
    data = segment.read_bytes()
    segment.write_bytes(data.replace(b"req_2", b"req_3"))
    assert m.totals()[0].requests == 1
    assert [p.suffix for p in (tmp_path / "journal").glob("0*")] == [".damaged"]
    assert "1 damaged usage lines" in caplog.text
    m.close()


def test_a_segment_that_lost_a_line_is_kept_and_said(tmp_path, caplog):
    m, book = meter(tmp_path)
    use(m, "req_1")
    (segment,) = (tmp_path / "journal").glob("*.jsonl")
    segment.write_bytes(b"")
    assert m.totals() == []
    assert "1 damaged usage lines" in caplog.text
    m.close()


def test_rows_wait_in_the_journal_while_the_ledger_refuses(tmp_path, monkeypatch):
    m, book = meter(tmp_path)
    real = book.record

    def refuse(*_, **__):
        raise sa.exc.OperationalError("insert", {}, Exception("disk full"))

    monkeypatch.setattr(book, "record", refuse)
    use(m, "req_1")
    with pytest.raises(sa.exc.OperationalError):
        m.flush()
    m._try_flush()
    assert m.flush_failures == 1
    monkeypatch.setattr(book, "record", real)
    m.flush()
    assert m.totals()[0].requests == 1
    m.close()
    assert sums(book) == {"request": 1, "token": 7}


def test_threads_lose_nothing_while_it_is_flushed(tmp_path):
    m, book = meter(tmp_path)
    threads = [
        threading.Thread(target=lambda i=i: [use(m, f"req_{i}_{j}") for j in range(60)])
        for i in range(8)
    ]
    for t in threads:
        t.start()
    while any(t.is_alive() for t in threads):
        m.flush()
    assert m.totals()[0].requests == 480
    m.close()
    assert sums(book)["request"] == 480


def test_find(tmp_path):
    m, _ = meter(tmp_path)
    use(m, "req_1")
    assert m.find("req_1").inputs == 2
    assert m.find("req_1' OR '1'='1") is None
    m.close()


def test_one_server_a_folder(tmp_path):
    m, _ = meter(tmp_path)
    with pytest.raises(UndercutError) as error:
        Journal(tmp_path / "journal")
    assert error.value.code == "journal-busy"
    m.close()


def test_sync_survives_concurrent_appends(tmp_path):
    journal = Journal(tmp_path / "journal", sync=True)
    threads = [
        threading.Thread(target=lambda i=i: [journal.append({"n": [i, j]}) for j in range(10)])
        for i in range(4)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    rows = [row for path in journal.rotate() for row in read_segment(path)[0]]
    assert sorted(r["n"] for r in rows) == [[i, j] for i in range(4) for j in range(10)]
    journal.close()


def test_a_full_disk_leaves_no_half_record(tmp_path, monkeypatch):
    import os

    journal = Journal(tmp_path / "journal")
    journal.append({"n": 1})
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:5]))
    with pytest.raises(OSError):
        journal.append({"n": 2})
    monkeypatch.undo()
    journal.append({"n": 3})
    (path,) = journal.rotate()
    assert journal.read(path) == ([{"n": 1}, {"n": 3}], 0)
    journal.close()
