"""The ``release`` verb: ask a running server to try, promote or roll back a variant."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from pydantic import Field

from undercut.core.errors import did_you_mean, fail
from undercut.core.specs_release import ReleaseSpec
from undercut.core.types import Record
from undercut.serving.client import Client
from undercut.serving.releasing.acts import ReleaseState

ACTIONS = ("show", "shadow", "canary", "promote", "rollback", "stop")
HEEDED = {
    "shadow": {"artefact", "percent"},
    "canary": {"artefact", "percent"},
    "promote": {"artefact", "force", "max_drop"},
}
CANARY_PERCENT = 5.0


class ReleaseAnswer(Record):
    """The state of each served name, or of the one that was changed."""

    action: str
    releases: tuple[ReleaseState, ...] = Field(description="by name")


def release(spec: ReleaseSpec) -> ReleaseAnswer:
    """Do what the spec's action says, on the server.

    Raises:
        UndercutError: an unknown action, an option it does not heed, no key, or the server refuses;
            nothing is changed.
    """
    if spec.action not in ACTIONS:
        raise fail(
            "release-action",
            expected=", ".join(ACTIONS),
            found=f"'{spec.action}'",
            fix=did_you_mean(spec.action, ACTIONS),
        )
    given = spec.model_fields_set & {"artefact", "percent", "force", "max_drop"}
    idle = {n for n in given if getattr(spec, n)} - HEEDED.get(spec.action, set())
    if idle:
        raise fail(
            "release-option",
            expected=f"options that `undercut release {spec.action}` heeds",
            found=", ".join(sorted(f"--{n.replace('_', '-')}" for n in idle)),
        )
    secret = os.environ.get(spec.key_env)
    if not secret:
        raise fail(
            "release-key",
            expected="an API key with the scope admin",
            found="none",
            where=spec.key_env,
            fix="Make one: undercut keys create admin --scopes admin.",
        )
    with Client(spec.url, secret, timeout_seconds=spec.timeout_seconds) as client:
        listed = client.get("/v1/admin/releases")["releases"]
        found = [ReleaseState.model_validate(r) for r in listed]
        if spec.action == "show":
            if spec.name is not None:
                name = _one(spec.name, found)
                found = [r for r in found if r.release.name == name]
            return ReleaseAnswer(action="show", releases=tuple(found))
        path = f"/v1/admin/releases/{quote(_one(spec.name, found), safe='')}/{spec.action}"
        state = ReleaseState.model_validate(client.post(path, _body(spec)))
    return ReleaseAnswer(action=spec.action, releases=(state,))


def _one(name: str | None, found: list[ReleaseState]) -> str:
    names = [r.release.name for r in found]
    if name is None and len(names) == 1:
        return names[0]
    if name in names:
        return str(name)
    raise fail(
        "release-name",
        expected="the name of a served model",
        found="none" if name is None else f"'{name}'",
        fix=did_you_mean(name or "", names),
    )


def _body(spec: ReleaseSpec) -> dict[str, Any]:
    if spec.action in ("canary", "shadow"):
        usual = CANARY_PERCENT if spec.action == "canary" else 100.0
        return {"artefact": spec.artefact, "percent": spec.percent or usual}
    if spec.action == "promote":
        return {"artefact": spec.artefact, "force": spec.force, "max_drop": spec.max_drop}
    return {}
