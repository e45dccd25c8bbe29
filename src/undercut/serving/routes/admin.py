"""/v1/admin: keys, for a key with the scope admin."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from undercut.core.errors import UndercutError
from undercut.serving.desk import COMMON, Desk, id_of, in_thread, json_of
from undercut.serving.key_record import ApiKey
from undercut.serving.problems import ApiError, error_responses
from undercut.serving.schemas import KeysListed


def add(app: FastAPI, desk: Desk) -> None:
    """Add the routes; none without keys: nobody could be told from an administrator."""
    keys = desk.keys
    if keys is None:
        return

    @app.get(
        "/v1/admin/keys",
        response_model=KeysListed,
        responses=error_responses(*COMMON),
        summary="Every key, never its secret; needs the scope admin",
        **desk.keyed,
    )
    async def all_keys(request: Request) -> Response:
        await desk.caller(request, "admin")
        return json_of(KeysListed(keys=await in_thread(keys.list)))

    @app.post(
        "/v1/admin/keys/{key_id}/revoke",
        response_model=ApiKey,
        responses=error_responses(*COMMON, 404),
        summary="End a key now; needs the scope admin",
        **desk.keyed,
    )
    async def end_key(request: Request, key_id: str) -> Response:
        actor = id_of(await desk.caller(request, "admin"))
        try:
            return json_of(await in_thread(keys.revoke, key_id, actor))
        except UndercutError:
            raise ApiError(404, "key-unknown", "expected the id of a key", "") from None
