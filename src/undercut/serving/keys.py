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
from typing import Any

import sqlalchemy as sa

from undercut.core.errors import UndercutError, did_you_mean, fail
from undercut.serving.audit import note, whoami
from undercut.serving.database import open_database
from undercut.serving.key_record import ORDINARY, SCOPES, ApiKey, key_of, problems_of
from undercut.serving.pepper import read_pepper
from undercut.serving.plans import KeyLimits, Plans
from undercut.serving.tables import api_keys, stamp

__all__ = ["ORDINARY", "SCOPES", "ApiKey", "KeyStore", "keys_of", "open_keys"]

PREFIX_CHARACTERS = 11  # "uc_" and 8 more, 48 bits
REMEMBER_SECONDS = 1.0


class KeyStore:
    """The keys of one store. Safe to use from several threads.

    Args:
        database: engine from :func:`undercut.serving.database.open_database`.
        pepper: secret of the keyed hash, 32 bytes.
        clock: the time now, UTC.
        plans: plans a key may be on.
        actor: who acts, for the audit trail; the user of this process by default.
    """

    def __init__(
        self,
        database: sa.Engine,
        pepper: bytes,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        plans: Plans | None = None,
        actor: str = "",
    ) -> None:
        self._database, self._pepper, self._clock = database, pepper, clock
        self._plans, self._actor = plans or {}, actor or whoami()
        self._remembered: dict[bytes, tuple[ApiKey, float]] = {}

    def create(
        self,
        name: str,
        scopes: Collection[str] = ("predict", "feedback", "usage"),
        expires_at: datetime | None = None,
        *,
        customer: str = "",
        models: Collection[str] = (),
        plan: str | None = None,
        limits: KeyLimits | None = None,
    ) -> tuple[str, ApiKey]:
        """Make a key.

        Args:
            name: whose it is, for people.
            scopes: what it may do, from ``SCOPES``.
            expires_at: when it ends, with a time zone; never by default.
            customer: who pays; the name by default.
            models: names or versions of the models it may reach; all when empty.
            plan: what it may use and pays.
            limits: its own limits, before the plan's.

        Returns:
            The secret, to be shown once, and the record of it.

        Raises:
            UndercutError: empty name, unknown scope or plan, or an end in the past.
        """
        given = (name, scopes, expires_at, self._clock(), models, plan, self._plans)
        if problems := list(problems_of(*given)):
            raise UndercutError("key-invalid", problems)
        secret = _new_secret()
        key = ApiKey(
            id="key_" + secrets.token_hex(8),
            name=name.strip(),
            prefix=secret[:PREFIX_CHARACTERS],
            scopes=tuple(s for s in SCOPES if s in scopes),
            created_at=stamp(self._clock()),
            expires_at=stamp(expires_at) if expires_at else None,
            customer=customer.strip() or name.strip(),
            models=tuple(models),
            plan=plan,
            limits=limits or KeyLimits(),
        )
        with self._database.begin() as db:
            db.execute(
                sa.insert(api_keys).values(**key.columns(), digest=self._digest(secret)),
            )
            told = key.model_dump(mode="json", exclude={"id", "prefix"}, exclude_defaults=True)
            note(db, self._actor, "keys.create", key.id, told)
        return secret, key

    def list(self) -> list[ApiKey]:
        """Return all keys, oldest first, ended ones too."""
        with self._database.connect() as db:
            rows = db.execute(sa.select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
            return [key_of(row) for row in rows]

    def find(self, called: str) -> ApiKey:
        """Return the key of an id, or of a name that only one key in force has.

        Raises:
            UndercutError: no key, or several.
        """
        known = self.list()
        found = [k for k in known if k.id == called]
        found = found or [k for k in known if k.name == called and k.revoked_at is None]
        if len(found) != 1:
            names = [k.id for k in found or known]
            raise fail(
                "key-unknown",
                expected="the id or name of one key",
                found=f"'{called}'" + (f", of {len(found)} keys" if found else ""),
                fix=f"Say which: {', '.join(names)}." if found else did_you_mean(called, names),
            )
        return found[0]

    def revoke(self, key_id: str, actor: str = "") -> ApiKey:
        """End a key now; ending it again changes nothing. Servers notice within a second.

        Args:
            key_id: which.
            actor: who ends it, where that is not this store's own actor.

        Raises:
            UndercutError: no key of that id.
        """
        still = api_keys.c.revoked_at.is_(None)
        values = {"revoked_at": stamp(self._clock())}
        return self._change("keys.revoke", key_id, values, {}, still, actor=actor)

    def rotate(self, key_id: str) -> tuple[str, ApiKey]:
        """Give a key a new secret; the old one ends now, all else stays, its budgets too.

        Returns:
            The secret, to be shown once, and the record.

        Raises:
            UndercutError: no key of that id in force.
        """
        secret = _new_secret()
        values = {"prefix": secret[:PREFIX_CHARACTERS], "digest": self._digest(secret)}
        key = self._change(
            "keys.rotate", key_id, values, {}, api_keys.c.revoked_at.is_(None), must=True
        )
        return secret, key

    def limit(
        self,
        key_id: str,
        limits: KeyLimits,
        *,
        plan: str | None = None,
        models: Collection[str] | None = None,
    ) -> ApiKey:
        """Set a key's own limits, and its plan and models where they are given.

        Raises:
            UndercutError: no key of that id, or an unknown plan.
        """
        given = ("x", SCOPES, None, self._clock(), models or (), plan, self._plans)
        if problems := list(problems_of(*given)):
            raise UndercutError("key-invalid", problems)
        key = self.find(key_id)
        new = key.model_copy(
            update={
                "limits": limits,
                "plan": plan or key.plan,
                "models": key.models if models is None else tuple(models),
            }
        )
        names = ("limits", "plan", "models")
        values = {k: v for k, v in new.columns().items() if k in names}
        told = new.model_dump(mode="json", exclude_none=True)
        return self._change("keys.limit", key.id, values, {k: told.get(k) for k in names})

    def _change(
        self,
        act: str,
        key_id: str,
        values: dict[str, Any],
        told: dict[str, Any],
        *where: Any,
        must: bool = False,
        actor: str = "",
    ) -> ApiKey:
        mine = api_keys.c.id == key_id
        with self._database.begin() as db:
            done = db.execute(sa.update(api_keys).where(mine, *where).values(**values)).rowcount
            if done:
                note(db, actor or self._actor, act, key_id, told)
            row = db.execute(sa.select(api_keys).where(mine)).first()
        self._remembered.clear()
        if row is None or (must and not done):
            known = [key.id for key in self.list()]
            raise fail(
                "key-unknown",
                expected="the id of a key" + (" in force" if must else ""),
                found=f"'{key_id}'",
                fix=did_you_mean(key_id, known),
            )
        return key_of(row)

    def verify(self, secret: str) -> ApiKey | None:
        """Return the key of a secret; ``None`` alike when unknown, expired or revoked."""
        digest = self._digest(secret)
        prefix = secret[:PREFIX_CHARACTERS] if secret.isascii() else ""
        query = sa.select(api_keys).where(api_keys.c.prefix == prefix.replace("\0", ""))
        with self._database.connect() as db:
            row = db.execute(query).first()
        same = hmac.compare_digest(digest, bytes(row.digest) if row else bytes(len(digest)))
        key = key_of(row) if row else None
        if not same or key is None or not self._in_force(key):
            return None
        before, _ = self._remembered.get(digest, (None, 0.0))
        key = before if before == key else key  # the same object: what is known of it stays known
        self._remembered[digest] = (key, time.monotonic() + REMEMBER_SECONDS)
        return key

    def recall(self, secret: str) -> ApiKey | None:
        """Return the key when it was verified in the last second; touches no disk."""
        key, until = self._remembered.get(self._digest(secret), (None, 0.0))
        return key if key and time.monotonic() < until and self._in_force(key) else None

    def mark(self, *parts: bytes) -> str:
        """Return 24 hexadecimal characters that stand for bytes and say nothing about them."""
        joined = b"".join(len(p).to_bytes(8, "big") + p for p in parts)
        return hmac.new(self._pepper, joined, hashlib.sha256).hexdigest()[:24]

    def _in_force(self, key: ApiKey) -> bool:
        ended = key.expires_at is not None and key.expires_at <= stamp(self._clock())
        return key.revoked_at is None and not ended

    def _digest(self, secret: str) -> bytes:
        data = secret.encode("utf-8", "surrogateescape")
        return hmac.digest(self._pepper, data, "sha256")


def _new_secret() -> str:
    return "uc_" + secrets.token_urlsafe(32)


def keys_of(
    database: sa.Engine, pepper: Path, plans: Plans | None = None, actor: str = ""
) -> KeyStore:
    """Return the keys of an open store; the pepper is made with the first of them.

    Raises:
        UndercutError: the pepper is gone, damaged, or others can read it.
    """
    with database.connect() as db:
        used = db.execute(sa.select(api_keys.c.id).limit(1)).first() is not None
    pepper.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = read_pepper(pepper, create=not used)
    return KeyStore(database, secret, plans=plans, actor=actor)


def open_keys(path: Path) -> KeyStore:
    """Open or create the keys of a SQLite file; the pepper lies beside it as ``.pepper``.

    Raises:
        UndercutError: a file cannot be read, the pepper is gone, or others can read it.
    """
    return keys_of(open_database(path), path.with_name(path.name + ".pepper"))
