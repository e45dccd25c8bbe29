"""Corrections from callers: appended, never changed; the last one for an input counts."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import Field

from undercut.core.types import Record
from undercut.serving.database import feedback, stamp


class Feedback(Record):
    """The right answer to one input of an earlier request."""

    request_id: str
    key_id: str | None
    position: int = Field(description="which input of the request, from 0")
    target: str = Field(description="what the answer should have been")
    comment: str
    at: str


class FeedbackStore:
    """Feedback of one database. Safe to use from several threads."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(
        self, request_id: str, key_id: str | None, position: int, target: str, comment: str = ""
    ) -> Feedback:
        """Append one correction and return it as written."""
        row = Feedback(
            request_id=request_id,
            key_id=key_id,
            position=position,
            target=target,
            comment=comment,
            at=stamp(),
        )
        with self._database.begin() as db:
            db.execute(sa.insert(feedback).values(**row.model_dump()))
        return row

    def list(self, request_id: str | None = None) -> list[Feedback]:
        """Return corrections in the order they came, of one request or of all."""
        columns = [c for c in feedback.c if c is not feedback.c.id]
        query = sa.select(*columns).order_by(feedback.c.id)
        if request_id is not None:
            query = query.where(feedback.c.request_id == request_id)
        with self._database.connect() as db:
            return [Feedback(**row._mapping) for row in db.execute(query)]
