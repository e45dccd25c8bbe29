"""One schema on SQLite and on PostgreSQL: made, brought up, taken down, shared, refused."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from undercut.core.errors import UndercutError
from undercut.core.specs_serving import StoreSpec
from undercut.serving import database as db_module
from undercut.serving.database import HEAD, MIGRATIONS, connect, migrate, open_database, version
from undercut.serving.keys import keys_of, open_keys
from undercut.serving.opening import open_store
from undercut.serving.tables import metadata


def standing(engine: sa.Engine) -> str | None:
    with engine.connect() as db:
        return version(db)


def test_head_is_the_newest_step():
    assert max(p.name[:4] for p in (MIGRATIONS / "versions").glob("0*.py")) == HEAD


def test_the_steps_make_what_the_code_says(store):
    engine = open_database(store)
    with engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_up_and_down_and_up_again_keeps_keys(store, tmp_path):
    engine = open_database(store)
    secret, key = keys_of(engine, tmp_path / "pepper").create("一号")
    migrate(engine, "0001")
    with engine.connect() as db:
        assert "audit" not in sa.inspect(db).get_table_names()
        assert db.exec_driver_sql("SELECT name FROM api_keys").scalar() == "一号"
    migrate(engine)
    found = keys_of(engine, tmp_path / "pepper").verify(secret)
    assert found.id == key.id and found.customer == "一号"
    migrate(engine, "base")
    with engine.connect() as db:
        assert set(sa.inspect(db).get_table_names()) == {"alembic_version"}
    migrate(engine)
    assert standing(engine) == HEAD


def test_a_store_from_before_there_were_steps_is_brought_up(store):
    engine = connect(store)
    migrate(engine, "0001")
    with engine.begin() as db:
        db.exec_driver_sql("DROP TABLE alembic_version")
        db.exec_driver_sql(
            "INSERT INTO usage (request_id, key_id, model, inputs, tokens, latency_ms, at) "
            "VALUES ('req_1', NULL, 'ab', 1, 2, 0.5, '2026-01-01T00:00:00.000000Z')"
        )
    with open_database(store).connect() as db:
        assert version(db) == HEAD
        assert db.exec_driver_sql("SELECT request_id, micro_usd FROM usage").one() == (
            "req_1",
            None,
        )


def test_several_first_users_agree(store):
    errors: list[Exception] = []

    def go() -> None:
        try:
            open_database(store).dispose()
        except Exception as e:
            errors.append(e)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert errors == [] and standing(connect(store)) == HEAD


def test_a_newer_store_is_refused_and_left_alone(store):
    engine = open_database(store)
    with engine.begin() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UndercutError) as error:
        open_database(store)
    assert error.value.code == "database-newer"
    assert standing(engine) == "9999"


def test_what_is_no_store():
    for place, code in [
        ("mysql://root@localhost/x", "database-url"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "database-server"),
    ]:
        with pytest.raises(UndercutError) as error:
            open_database(place)
        assert error.value.code == code
        assert "secret" not in str(error.value)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    real = db_module.importlib.util.find_spec
    monkeypatch.setattr(
        db_module.importlib.util, "find_spec", lambda n: None if n == "psycopg" else real(n)
    )
    with pytest.raises(UndercutError, match=r"undercut\[postgres\]"):
        open_database("postgresql://localhost/x")


def test_keys_of_the_first_servers_are_taken_over(tmp_path):
    state = tmp_path / "serving"
    secret, key = open_keys(state / "keys.sqlite").create("old")
    spec = StoreSpec(workspace=tmp_path)
    for _ in range(2):
        engine = open_store(spec)
        keys = keys_of(engine, spec.pepper_file)
        assert keys.verify(secret).id == key.id and len(keys.list()) == 1
