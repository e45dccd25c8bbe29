"""API keys: what is stored, who can read it, when a key ends."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from undercut.core.errors import UndercutError
from undercut.serving.keys import open_keys


def test_the_key_itself_is_nowhere_on_the_disk(tmp_path):
    store = open_keys(tmp_path / "keys.sqlite")
    secret, key = store.create("一号")
    assert secret.startswith("uc_") and len(secret) == 46
    assert store.verify(secret) == key and key.name == "一号"
    assert open_keys(tmp_path / "keys.sqlite").verify(secret) == key
    for path in tmp_path.iterdir():
        assert secret[11:].encode() not in path.read_bytes()
    assert "digest" not in repr(key) and secret not in repr(store.list())


def test_files_are_their_owners_alone(tmp_path):
    folder = tmp_path / "new"
    open_keys(folder / "keys.sqlite").create("a")
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_a_stolen_database_verifies_nothing(tmp_path):
    secret, _ = open_keys(tmp_path / "keys.sqlite").create("a")
    pepper = tmp_path / "keys.sqlite.pepper"
    kept = pepper.read_bytes()
    pepper.write_bytes(bytes(32))
    assert open_keys(tmp_path / "keys.sqlite").verify(secret) is None
    pepper.unlink()
    with pytest.raises(UndercutError, match="pepper"):
        open_keys(tmp_path / "keys.sqlite")
    pepper.write_bytes(kept[:-1])
    pepper.chmod(0o600)
    with pytest.raises(UndercutError) as error:
        open_keys(tmp_path / "keys.sqlite")
    assert error.value.code == "pepper-damaged"
    pepper.write_bytes(kept)
    pepper.chmod(0o644)
    with pytest.raises(UndercutError, match="chmod 600"):
        open_keys(tmp_path / "keys.sqlite")


def test_names_and_secrets_are_data_not_sql(tmp_path):
    store = open_keys(tmp_path / "keys.sqlite")
    _, key = store.create("'); DROP TABLE api_keys; --")
    assert store.verify("' OR 1=1 --") is None
    assert [k.name for k in store.list()] == [key.name]
    with pytest.raises(UndercutError):
        store.revoke("' OR 1=1 --")
    assert store.list()[0].revoked_at is None


def test_revocation_reaches_other_processes_within_a_second(tmp_path):
    here, there = (open_keys(tmp_path / "keys.sqlite") for _ in range(2))
    secret, key = here.create("a")
    assert there.verify(secret) and there.recall(secret)
    first = here.revoke(key.id)
    assert here.revoke(key.id) == first and here.recall(secret) is None
    assert there.verify(secret) is None
    digest = there._digest(secret)
    remembered, _ = there._remembered[digest]
    there._remembered[digest] = (remembered, 0.0)  # the second is over
    assert there.recall(secret) is None


def test_keys_end_at_their_time(tmp_path):
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    store = open_keys(tmp_path / "keys.sqlite")
    store._clock = lambda: now[0]
    secret, _ = store.create("a", expires_at=now[0] + timedelta(hours=1))
    assert store.verify(secret) and store.recall(secret)
    now[0] += timedelta(hours=1)
    assert store.verify(secret) is None and store.recall(secret) is None


def test_every_mistake_at_once(tmp_path):
    store = open_keys(tmp_path / "keys.sqlite")
    with pytest.raises(UndercutError) as error:
        store.create(" ", ["predikt"], datetime(2020, 1, 1, tzinfo=UTC))
    assert len(error.value.problems) == 3
    assert "Did you mean 'predict'?" in str(error.value)


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "keys.sqlite"
    path.write_bytes(b"not a database, but long enough to look at" * 50)
    with pytest.raises(UndercutError) as error:
        open_keys(path)
    assert error.value.code == "database-file"


def test_the_database_has_no_plain_column(tmp_path):
    store = open_keys(tmp_path / "keys.sqlite")
    secret, _ = store.create("a")
    with sqlite3.connect(tmp_path / "keys.sqlite") as db:
        (row,) = db.execute("SELECT * FROM api_keys").fetchall()
    assert secret not in map(str, row)
