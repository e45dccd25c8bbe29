"""Open the store a verb's spec names; take over keys from where the first servers kept them."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa

from undercut.core.errors import Problem, UndercutError
from undercut.core.specs_serving import StoreSpec
from undercut.serving.database import insert, open_database
from undercut.serving.keys import KeyStore
from undercut.serving.plans import Plans
from undercut.serving.tables import api_keys


def open_store(spec: StoreSpec) -> sa.Engine:
    """Return the store's engine.

    Raises:
        UndercutError: see :func:`undercut.serving.database.open_database`.
    """
    database = open_database(spec.store)
    old = spec.state / "keys.sqlite"
    if old.is_file() and not spec.pepper_file.exists():
        _take_over(database, old, spec.pepper_file)
    return database


def _take_over(database: sa.Engine, old: Path, pepper: Path) -> None:
    """Copy keys out of a file of their own, and the pepper last: a kill before that repeats it."""
    source = open_database(old)
    with source.connect() as db:
        rows = [dict(row._mapping) for row in db.execute(sa.select(api_keys))]
    source.dispose()
    if rows:
        with database.begin() as db:
            db.execute(insert(db, api_keys).on_conflict_do_nothing(), rows)
        os.link(old.with_name(old.name + ".pepper"), pepper)


def check_plans(keys: KeyStore, plans: Plans) -> None:
    """Refuse to start when a key in force is on a plan that the file does not have.

    Raises:
        UndercutError: every such key.
    """
    lost = [
        Problem(
            f"the plan '{key.plan}' in the file of plans",
            ", ".join(plans) or "no plans",
            f"key {key.id} ({key.name})",
            "Add it, name the file with --plans, or give the key another plan: "
            f"undercut keys limit {key.id} --plan NAME",
        )
        for key in keys.list()
        if key.plan is not None and key.plan not in plans and key.revoked_at is None
    ]
    if lost:
        raise UndercutError("plan-lost", lost)
