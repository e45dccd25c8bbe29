"""/v1/admin/releases: try, promote and roll back variants, for a key with the scope admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from undercut.core.errors import UndercutError
from undercut.serving.desk import COMMON, Desk, in_thread, json_of, takes
from undercut.serving.problems import ApiError, error_responses
from undercut.serving.releasing.acts import ReleaseState
from undercut.serving.schemas import parse

CONFLICTS = ("release-unproven", "release-changed", "release-same", "release-none")
ANSWERS = (*COMMON, 400, 404, 408, 409, 413, 415, 422)


class TryBody(BaseModel):
    """A candidate, and how much of the traffic tries it."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"artefact": "train-full", "percent": 5.0}]},
    )
    artefact: str | None = Field(
        None,
        min_length=1,
        max_length=1_000,
        description="artefact folder on the server, or the name of a run there; the candidate on "
        "trial by default",
    )
    percent: float = Field(100.0, gt=0, le=100, description="share of the requests, above 0 to 100")


class PromoteBody(BaseModel):
    """A candidate to be served."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"force": False}, {"artefact": "train-full"}]},
    )
    artefact: str | None = Field(
        None,
        min_length=1,
        max_length=1_000,
        description="artefact folder on the server, or the name of a run there; the candidate on "
        "trial by default",
    )
    force: bool = Field(False, description="also what no trial has shown to be no worse")
    max_drop: float = Field(
        1.0, gt=0, lt=100, description="drop of accuracy allowed, points, above 0 and below 100"
    )


class ReleasesListed(BaseModel):
    """Every served name."""

    releases: list[ReleaseState]


def add(app: FastAPI, desk: Desk) -> None:
    """Add the routes; none without keys, or where what is served cannot be changed."""
    releases = desk.releases
    if desk.keys is None or releases is None:
        return

    async def admin(request: Request) -> str:
        key = await desk.caller(request, "admin")
        assert key is not None
        return key.id

    async def done(act: Callable[..., Any], *args: Any) -> Response:
        try:
            return json_of(await in_thread(act, *args))
        except UndercutError as error:
            status = 404 if error.code == "release-name" else 422
            status = 409 if error.code in CONFLICTS else status
            fixes = " ".join(p.fix for p in error.problems if p.fix)
            found = "; ".join(
                f"{p.where + ': ' if p.where else ''}expected {p.expected}; found {p.found}"
                for p in error.problems
            )
            raise ApiError(status, error.code, found, fixes) from None

    def route(act: str, summary: str, body: type[BaseModel] | None) -> Callable[..., Any]:
        return app.post(
            f"/v1/admin/releases/{{name:path}}/{act}",
            response_model=ReleaseState,
            responses=error_responses(*ANSWERS),
            openapi_extra=takes(body) if body else {},
            summary=f"{summary}; needs the scope admin",
            **desk.keyed,
        )

    @app.get(
        "/v1/admin/releases",
        response_model=ReleasesListed,
        responses=error_responses(*COMMON),
        summary="What is served under each name, and how its trial stands; needs the scope admin",
        **desk.keyed,
    )
    async def listed(request: Request) -> Response:
        await admin(request)
        return json_of(ReleasesListed(releases=await in_thread(releases.states)))

    @route("canary", "Let a candidate answer a share of the requests", TryBody)
    async def canary(request: Request, name: str) -> Response:
        actor = await admin(request)
        body = parse(await desk.body_of(request), TryBody)
        return await done(releases.attempt, name, "canary", body.artefact, body.percent, actor)

    @route("shadow", "Let a candidate answer beside, unseen", TryBody)
    async def shadow(request: Request, name: str) -> Response:
        actor = await admin(request)
        body = parse(await desk.body_of(request), TryBody)
        return await done(releases.attempt, name, "shadow", body.artefact, body.percent, actor)

    @route("promote", "Serve a candidate from now on", PromoteBody)
    async def promote(request: Request, name: str) -> Response:
        actor = await admin(request)
        body = parse(await desk.body_of(request), PromoteBody)
        share = body.max_drop / 100
        return await done(releases.promote, name, body.artefact, body.force, share, actor)

    @route("rollback", "Serve what was served before", None)
    async def rollback(request: Request, name: str) -> Response:
        actor = await admin(request)
        return await done(releases.roll_back, name, actor)

    @route("stop", "End a trial", None)
    async def stop(request: Request, name: str) -> Response:
        actor = await admin(request)
        return await done(releases.stop, name, actor)
