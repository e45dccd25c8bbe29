"""What is known of an API key, and what a new one must be."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from pydantic import Field

from undercut.core.errors import Problem, did_you_mean
from undercut.core.types import Record
from undercut.serving.plans import KeyLimits
from undercut.serving.tables import stamp

ORDINARY = ("predict", "feedback", "usage", "metrics")
SCOPES = (*ORDINARY, "admin")


class ApiKey(Record):
    """What is known of a key; never the key itself."""

    id: str
    name: str
    prefix: str = Field(description="first characters of the key, to tell keys apart")
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None
    customer: str = Field(default="", description="who pays")
    models: tuple[str, ...] = Field(default=(), description="models it may reach; all when empty")
    plan: str | None = Field(default=None, description="name of its plan")
    limits: KeyLimits = Field(default_factory=lambda: KeyLimits(), description="its own limits")

    def columns(self) -> dict[str, Any]:
        """Return the row of ``api_keys``, without the digest."""
        return self.model_dump(exclude={"limits"}) | {
            "scopes": " ".join(self.scopes),
            "models": json.dumps(self.models, ensure_ascii=False),
            "limits": self.limits.model_dump_json(exclude_none=True),
        }


def key_of(row: Any) -> ApiKey:
    """Return the record of a row of ``api_keys``."""
    facts = dict(row._mapping)
    del facts["digest"]
    return ApiKey(
        **facts
        | {
            "scopes": tuple(facts["scopes"].split()),
            "models": tuple(json.loads(facts["models"])),
            "limits": KeyLimits.model_validate_json(facts["limits"]),
        }
    )


def problems_of(
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    now: datetime,
    models: Collection[str],
    plan: str | None,
    plans: Collection[str],
) -> Iterator[Problem]:
    """Yield everything that is wrong with a key to be made."""
    for s in scopes:
        if s not in SCOPES:
            yield Problem("a known scope", f"'{s}'", "scopes", did_you_mean(s, SCOPES))
    if not scopes:
        yield Problem("at least one scope", "none", "scopes", did_you_mean("", SCOPES))
    if not name.strip():
        yield Problem("a name for the key", "an empty one", "name")
    if expires_at is not None and expires_at.tzinfo is None:
        yield Problem("a time with a time zone", str(expires_at), "expires_at")
    elif expires_at is not None and expires_at <= now:
        yield Problem("a time to come", stamp(expires_at), "expires_at")
    if any(not m.strip() for m in models):
        yield Problem("names of models", "an empty one", "models")
    if plan is not None and plan not in plans:
        fix = did_you_mean(plan, plans) if plans else "Name the file: --plans plans.toml."
        yield Problem("a plan of the file of plans", f"'{plan}'", "plan", fix)
