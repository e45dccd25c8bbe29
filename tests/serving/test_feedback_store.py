"""Corrections: sealed, masked, kept for a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from undercut.core.errors import UndercutError
from undercut.serving.database import open_database
from undercut.serving.feedback import FeedbackStore, open_feedback
from undercut.serving.sealing import VARIABLE, Seal
from undercut.serving.tables import stamp

TEXTS = ("退款", "please look", "where is my card")


def test_what_is_sealed_is_nowhere_on_the_disk(tmp_path, monkeypatch):
    first, second = (Fernet.generate_key().decode() for _ in range(2))
    database = open_database(tmp_path / "s.sqlite")
    monkeypatch.setenv(VARIABLE, first)
    row = open_feedback(database).add("req_1", "key_1", 0, *TEXTS)
    monkeypatch.setenv(VARIABLE, f"{second},{first}")  # the key is changed
    store = open_feedback(database)
    store.add("req_2", "key_1", 0, "other")
    assert store.list()[0] == row and [f.target for f in store.list()] == ["退款", "other"]
    database.dispose()
    raw = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert not any(text.encode() in raw for text in TEXTS)
    for value, found in ((second, "another one"), ("", "none")):
        monkeypatch.setenv(VARIABLE, value)
        with pytest.raises(UndercutError) as error:
            open_feedback(database).list()
        assert error.value.code == "feedback-sealed" and found in str(error.value)
    with pytest.raises(UndercutError) as error:
        Seal("short")
    assert error.value.code == "feedback-key" and "short" not in str(error.value)


def test_a_changed_row_does_not_open(store):
    database = open_database(store)
    sealed = FeedbackStore(database, Seal(Fernet.generate_key().decode()))
    sealed.add("req_1", "key_1", 0, *TEXTS)
    with database.begin() as db:
        db.exec_driver_sql("UPDATE feedback SET target = replace(target, 'g', 'h')")
    with pytest.raises(UndercutError):
        sealed.list()


def test_personal_data_is_masked_before_it_is_stored(store):
    masking = FeedbackStore(open_database(store), redact=True)
    row = masking.add("req_1", None, 0, "refund", "call +1 212 555 0142", "I am a@b.com, 你好")
    assert row.text == "I am [e-mail address], 你好" and row.comment == "call [phone number]"
    assert masking.list() == [row]


def test_corrections_leave_when_their_time_is_over(store):
    database = open_database(store)
    kept = FeedbackStore(database, days=30)
    for name in ("old", "new"):
        kept.add(f"req_{name}", None, 0, name)
    old = stamp(datetime.now(UTC) - timedelta(days=31))
    with database.begin() as db:
        db.exec_driver_sql(f"UPDATE feedback SET at = '{old}' WHERE target = 'old'")
    FeedbackStore(database).expire()
    assert len(kept.list()) == 2  # without a time they stay
    kept.expire()
    assert [f.target for f in kept.list()] == ["new"]
