"""The releases of a store: every server on it follows them; each change is one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from undercut.core.errors import did_you_mean, fail
from undercut.serving.audit import note
from undercut.serving.database import insert, writing
from undercut.serving.releasing.record import Release, Variant
from undercut.serving.tables import pairs, releases


class ReleaseStore:
    """Releases by name. Safe to use from several threads and processes."""

    def __init__(self, database: sa.Engine) -> None:
        self.database = database

    def changes(self) -> dict[str, int]:
        """Return the number of the last change of each name: cheap, to be asked often."""
        with self.database.connect() as db:
            rows = db.execute(sa.select(releases.c.name, releases.c.change))
            return {row.name: row.change for row in rows}

    def find(self, name: str) -> Release:
        """Return the state of a name.

        Raises:
            UndercutError: no such name.
        """
        with self.database.connect() as db:
            found = self._read(db, name)
        if found is None:
            raise fail(
                "release-name",
                expected="the name of a served model",
                found=f"'{name[:100]}'",
                fix=did_you_mean(name[:100], self.changes()),
            )
        return found

    def plan(self, name: str, started: Variant, *, fresh: bool = False) -> Release:
        """Return the state that :meth:`start` would give; nothing is written."""
        with self.database.connect() as db:
            return _started(self._read(db, name), name, started, fresh)

    def start(self, name: str, started: Variant, actor: str, *, fresh: bool = False) -> Release:
        """Return the state of a name after a start that names an artefact.

        Args:
            name: what it is served as.
            started: the artefact named.
            actor: who starts.
            fresh: whether what was promoted before is forgotten.
        """
        with writing(self.database) as db:
            before = self._read(db, name)
            after = _started(before, name, started, fresh)
            if after != before:
                self._write(db, before, after, actor, "start", {})
        return after

    def change(
        self,
        name: str,
        step: Callable[[Release], Release],
        actor: str,
        act: str,
        detail: dict[str, Any] | None = None,
        seen: int | None = None,
    ) -> Release:
        """Change a name's state.

        Args:
            name: which.
            step: returns the new state of the old one.
            actor: who asks.
            act: promote, rollback, canary, shadow or stop.
            detail: for the audit trail.
            seen: number of the change that the caller decided on, if it must be the last.

        Raises:
            UndercutError: no such name, a step that cannot be made, or somebody was faster.
        """
        self.find(name)
        with writing(self.database) as db:
            before = self._read(db, name)
            assert before is not None
            if seen is not None and seen != before.change:
                raise fail(
                    "release-changed",
                    expected=f"change {seen} of '{name}' to be the last",
                    found=f"change {before.change}: somebody else was faster",
                    fix="Look at the state and ask again.",
                )
            after = step(before)
            self._write(db, before, after, actor, act, detail or {})
        return after

    def _read(self, db: sa.Connection, name: str) -> Release | None:
        row = db.execute(sa.select(releases.c.state).where(releases.c.name == name)).first()
        return None if row is None else Release.model_validate_json(row.state)

    def _write(
        self,
        db: sa.Connection,
        before: Release | None,
        after: Release,
        actor: str,
        act: str,
        detail: dict[str, Any],
    ) -> None:
        row = {"name": after.name, "change": after.change, "state": after.model_dump_json()}
        if before is None:
            db.execute(insert(db, releases).values(row))
        else:
            db.execute(sa.update(releases).where(releases.c.name == after.name).values(row))
            if before.candidate is not None and before.trial != after.trial:
                db.execute(sa.delete(pairs).where(pairs.c.trial == before.trial))
        told = after.model_dump(include={"change", "live", "candidate", "percent"})
        note(db, actor, f"releases.{act}", after.name, told | detail)


def _started(before: Release | None, name: str, started: Variant, fresh: bool) -> Release:
    if before is None:
        return Release(name=name, started=started, live=started)
    if fresh and before.live.version != started.version:
        return before.promoted(started).model_copy(update={"started": started})
    return before.restarted(started)
