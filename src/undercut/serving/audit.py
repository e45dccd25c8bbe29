"""The trail of admin acts: who did what to which key or customer, in the act's own transaction."""

from __future__ import annotations

import getpass
import json
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from undercut.core.types import Record
from undercut.serving.tables import audit, stamp


class Act(Record):
    """One admin act."""

    at: str
    actor: str = Field(description="user of the operating system, or id of the admin key")
    act: str = Field(description="such as keys.create")
    subject: str = Field(description="id of the key, or the customer")
    detail: dict[str, Any] = Field(description="what was changed; never a text or a secret")


def whoami() -> str:
    """Return the name of the user this process runs as."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in a container
        return "unknown"


def note(db: sa.Connection, actor: str, act: str, subject: str, detail: dict[str, Any]) -> None:
    """Write one act in an open transaction."""
    line = json.dumps(detail, ensure_ascii=False, default=str)
    row = {"at": stamp(), "actor": actor, "act": act, "subject": subject, "detail": line}
    db.execute(sa.insert(audit).values(**row))


def acts(database: sa.Engine) -> list[Act]:
    """Return every act, oldest first."""
    columns = [c for c in audit.c if c is not audit.c.id]
    with database.connect() as db:
        rows = db.execute(sa.select(*columns).order_by(audit.c.id)).all()
    return [Act(**{**row._mapping, "detail": json.loads(row.detail)}) for row in rows]
