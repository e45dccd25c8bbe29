"""The ``keys`` verb: make, list, change and end API keys, and see who did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.core.specs_serving import KeysSpec, StoreSpec
from undercut.core.types import Record
from undercut.serving.audit import Act, acts
from undercut.serving.keys import ApiKey, KeyStore, keys_of
from undercut.serving.opening import open_store
from undercut.serving.plans import KeyLimits, read_plans

LIMITS = tuple(KeyLimits.model_fields)


class KeysAnswer(Record):
    """Keys, the new secret if one was made, or acts."""

    keys: tuple[ApiKey, ...] = ()
    secret: str | None = Field(default=None, description="shown this once")
    acts: tuple[Act, ...] = ()


def there(spec: StoreSpec) -> None:
    """Check that a store to be read is there.

    Raises:
        UndercutError: its SQLite file is not.
    """
    place = spec.store
    if isinstance(place, Path) and not place.exists() and not (spec.state / "keys.sqlite").exists():
        raise fail(
            "store-missing",
            expected="a store of keys and usage",
            found="none",
            where=str(place),
            fix="`undercut keys create NAME` or `undercut serve` makes one; or name yours with "
            "--workspace, --state-folder or --database.",
        )


def keys(spec: KeysSpec) -> KeysAnswer:
    """Do what the spec's action says.

    Raises:
        UndercutError: an unknown action, key, plan or scope, or wrong values; nothing is changed.
    """
    if spec.action not in ACTIONS:
        raise fail(
            "keys-action",
            expected=", ".join(ACTIONS),
            found=f"'{spec.action}'",
            fix=did_you_mean(spec.action, ACTIONS),
        )
    if spec.action not in ("list", "audit") and not spec.key:
        called = "a name for the key" if spec.action == "create" else "the id or name of a key"
        example = f"undercut keys {spec.action} acme"
        raise fail("keys-key", expected=called, found="none", fix=f"For example: {example}")
    _only_what_is_used(spec)
    if spec.action != "create":
        there(spec)
    plans = read_plans(spec.plans)
    database = open_store(spec)
    try:
        if spec.action == "audit":
            return KeysAnswer(acts=tuple(acts(database)))
        return ACTIONS[spec.action](keys_of(database, spec.pepper_file, plans), spec)
    finally:
        database.dispose()


def _only_what_is_used(spec: KeysSpec) -> None:
    """Refuse options that the action would not heed."""
    changing = (*LIMITS, "models", "plan")
    heeded = {"create": (*changing, "customer", "scopes", "expires_at"), "limit": changing}
    heeded["limit"] += ("unlimited",)
    everything = set(heeded["create"]) | set(heeded["limit"])
    values = {name: getattr(spec, name) for name in spec.model_fields_set & everything}
    given = {k for k, v in values.items() if v or (v == 0 and v is not False)}  # 0 is a limit
    idle = sorted(given - set(heeded.get(spec.action, ())))
    if idle:
        raise UndercutError(
            "keys-option",
            [
                Problem(
                    f"options that `undercut keys {spec.action}` heeds",
                    f"--{name.replace('_', '-')}",
                )
                for name in idle
            ],
        )


def _limits(spec: KeysSpec) -> KeyLimits:
    given = {name: getattr(spec, name) for name in LIMITS}
    return KeyLimits(**{k: str(v) if "usd" in k else v for k, v in given.items() if v is not None})


def _create(store: KeyStore, spec: KeysSpec) -> KeysAnswer:
    secret, key = store.create(
        str(spec.key),
        spec.scopes or ("predict", "feedback", "usage"),
        spec.expires_at,
        customer=spec.customer or "",
        models=spec.models,
        plan=spec.plan,
        limits=_limits(spec),
    )
    return KeysAnswer(keys=(key,), secret=secret)


def _list(store: KeyStore, spec: KeysSpec) -> KeysAnswer:
    return KeysAnswer(keys=tuple(store.list()) if spec.key is None else (store.find(spec.key),))


def _rotate(store: KeyStore, spec: KeysSpec) -> KeysAnswer:
    secret, key = store.rotate(store.find(str(spec.key)).id)
    return KeysAnswer(keys=(key,), secret=secret)


def _revoke(store: KeyStore, spec: KeysSpec) -> KeysAnswer:
    return KeysAnswer(keys=(store.revoke(store.find(str(spec.key)).id),))


def _limit(store: KeyStore, spec: KeysSpec) -> KeysAnswer:
    key = store.find(str(spec.key))
    limits = _limits(spec) if spec.unlimited else _limits(spec).over(key.limits)
    changed = store.limit(key.id, limits, plan=spec.plan, models=spec.models or None)
    return KeysAnswer(keys=(changed,))


ACTIONS: dict[str, Callable[[KeyStore, KeysSpec], KeysAnswer]] = {
    "create": _create,
    "list": _list,
    "rotate": _rotate,
    "revoke": _revoke,
    "limit": _limit,
    "audit": _list,
}
