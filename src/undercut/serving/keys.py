"""API keys: shown once, stored as a keyed hash, looked up by prefix.

A key is ``uc_`` and 32 random bytes in URL-safe base64. The table keeps HMAC-SHA256 of it under
a pepper that lies in a file of its own (mode 0600), so a stolen database verifies nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from pydantic import Field

from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.core.types import Record
from undercut.serving.database import api_keys, open_database, stamp
from undercut.serving.pepper import read_pepper

SCOPES = ("predict", "feedback", "usage", "metrics")
PREFIX_CHARACTERS = 11  # "uc_" and 8 more, 48 bits
REMEMBER_SECONDS = 1.0


class ApiKey(Record):
    """What is known of a key; never the key itself."""

    id: str
    name: str
    prefix: str = Field(description="first characters of the key, to tell keys apart")
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None


class KeyStore:
    """The keys of one database. Safe to use from several threads.

    Args:
        database: engine from :func:`undercut.serving.database.open_database`.
        pepper: secret of the keyed hash, 32 bytes.
        clock: the time now, UTC.
    """

    def __init__(
        self,
        database: sa.Engine,
        pepper: bytes,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._pepper, self._clock = database, pepper, clock
        self._remembered: dict[bytes, tuple[ApiKey, float]] = {}

    def create(
        self,
        name: str,
        scopes: Collection[str] = ("predict", "feedback", "usage"),
        expires_at: datetime | None = None,
    ) -> tuple[str, ApiKey]:
        """Make a key.

        Args:
            name: whose it is, for people.
            scopes: what it may do, from ``SCOPES``.
            expires_at: when it ends, with a time zone; never by default.

        Returns:
            The secret, to be shown once, and the record of it.

        Raises:
            UndercutError: empty name, unknown scope, or an end in the past.
        """
        problems = [
            Problem("a known scope", f"'{s}'", "scopes", did_you_mean(s, SCOPES))
            for s in scopes
            if s not in SCOPES
        ]
        if not scopes:
            problems.append(
                Problem("at least one scope", "none", "scopes", did_you_mean("", SCOPES))
            )
        if not name.strip():
            problems.append(Problem("a name for the key", "an empty one", "name"))
        if expires_at is not None and expires_at.tzinfo is None:
            problems.append(Problem("a time with a time zone", str(expires_at), "expires_at"))
        elif expires_at is not None and expires_at <= self._clock():
            problems.append(Problem("a time to come", stamp(expires_at), "expires_at"))
        if problems:
            raise UndercutError("key-invalid", problems)
        secret = "uc_" + secrets.token_urlsafe(32)
        key = ApiKey(
            id="key_" + secrets.token_hex(8),
            name=name.strip(),
            prefix=secret[:PREFIX_CHARACTERS],
            scopes=tuple(s for s in SCOPES if s in scopes),
            created_at=stamp(self._clock()),
            expires_at=stamp(expires_at) if expires_at else None,
        )
        values = key.model_dump() | {"scopes": " ".join(key.scopes), "digest": self._digest(secret)}
        with self._database.begin() as db:
            db.execute(sa.insert(api_keys).values(**values))
        return secret, key

    def list(self) -> list[ApiKey]:
        """Return all keys, oldest first, ended ones too."""
        with self._database.connect() as db:
            rows = db.execute(sa.select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
            return [_key(row) for row in rows]

    def revoke(self, key_id: str) -> ApiKey:
        """End a key now; ending it again changes nothing. Servers notice within a second.

        Raises:
            UndercutError: no key of that id.
        """
        mine = api_keys.c.id == key_id
        with self._database.begin() as db:
            db.execute(
                sa.update(api_keys)
                .where(mine, api_keys.c.revoked_at.is_(None))
                .values(revoked_at=stamp(self._clock()))
            )
            row = db.execute(sa.select(api_keys).where(mine)).first()
        self._remembered.clear()
        if row is None:
            known = [key.id for key in self.list()]
            raise fail(
                "key-unknown",
                expected="the id of a key",
                found=f"'{key_id}'",
                fix=did_you_mean(key_id, known),
            )
        return _key(row)

    def verify(self, secret: str) -> ApiKey | None:
        """Return the key that ``secret`` is; ``None`` alike when unknown, expired or revoked."""
        digest = self._digest(secret)
        prefix = secret[:PREFIX_CHARACTERS] if secret.isascii() else ""
        query = sa.select(api_keys).where(api_keys.c.prefix == prefix)
        with self._database.connect() as db:
            row = db.execute(query).first()
        same = hmac.compare_digest(digest, row.digest if row else bytes(len(digest)))
        key = _key(row) if row else None
        if not same or key is None or not self._in_force(key):
            return None
        self._remembered[digest] = (key, time.monotonic() + REMEMBER_SECONDS)
        return key

    def recall(self, secret: str) -> ApiKey | None:
        """Return the key when it was verified in the last second; touches no disk."""
        key, until = self._remembered.get(self._digest(secret), (None, 0.0))
        return key if key and time.monotonic() < until and self._in_force(key) else None

    def _in_force(self, key: ApiKey) -> bool:
        ended = key.expires_at is not None and key.expires_at <= stamp(self._clock())
        return key.revoked_at is None and not ended

    def _digest(self, secret: str) -> bytes:
        data = secret.encode("utf-8", "surrogateescape")
        return hmac.new(self._pepper, data, hashlib.sha256).digest()


def _key(row: sa.Row[tuple[object, ...]]) -> ApiKey:
    facts = dict(row._mapping)
    del facts["digest"]
    return ApiKey(**facts | {"scopes": tuple(facts["scopes"].split())})


def open_keys(path: Path) -> KeyStore:
    """Open or create the keys of a database file; the pepper lies beside it as ``.pepper``.

    Raises:
        UndercutError: a file cannot be read, the pepper is gone, or others can read it.
    """
    database = open_database(path)
    with database.connect() as db:
        used = db.execute(sa.select(api_keys.c.id).limit(1)).first() is not None
    return KeyStore(database, read_pepper(path.with_name(path.name + ".pepper"), create=not used))
