"""A server of artefact folders in this process, with its releases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from serving.stand_ins import write_artefact, write_variant
from undercut.serving.back import Back
from undercut.serving.http import build_app
from undercut.serving.keeper import Keeper
from undercut.serving.keys import SCOPES
from undercut.serving.model_opening import open_model
from undercut.serving.options import ServeOptions
from undercut.serving.releasing.acts import Releases
from undercut.serving.releasing.shop import names_of, open_shop
from undercut.serving.shelf import Shelf

ANSWERS = ("退款", "card_arrival", "lost_card")


def variants(folder: Path) -> list[Path]:
    """Write an artefact for each label: it answers every text with it."""
    folder.mkdir(exist_ok=True)
    source = write_artefact(folder / "source", folder / "scratch")
    return [write_variant(source, folder / f"always-{n}", label=x) for n, x in enumerate(ANSWERS)]


class Shop:
    """A running server: ``http`` sends a key of every scope."""

    http: httpx.AsyncClient
    shelf: Shelf
    releases: Releases
    back: Back
    keeper: Keeper

    async def ask(self, text: Any = "a text", **more: Any) -> httpx.Response:
        return await self.http.post("/v1/predict", json={"inputs": text, **more})

    async def label(self, **more: Any) -> str:
        found = await self.ask(**more)
        assert found.status_code == 200, found.text
        return found.json()["predictions"][0]["label"]

    async def act(self, act: str, name: str = "tiny", **body: Any) -> httpx.Response:
        return await self.http.post(f"/v1/admin/releases/{name}/{act}", json=body)


@asynccontextmanager
async def shop(place: Path, folders: Sequence[Path], **options: Any) -> AsyncIterator[Shop]:
    """Open a server as ``undercut serve`` does, without a socket, and shut it down."""
    it = Shop()
    chosen = ServeOptions(workspace=place / "ws", threads=1, **options)
    with Back(chosen) as it.back:
        it.keeper = Keeper(partial(open_model, options=chosen), chosen.limits, chosen.memory_mb)
        wanted = names_of(folders)
        it.shelf, it.releases = open_shop(
            wanted, it.back.database, it.back.feedback, it.keeper, chosen
        )
        assert it.back.keys is not None
        secret, _ = it.back.keys.create("all", SCOPES)
        app = build_app(
            keys=it.back.keys,
            till=it.back.till,
            meter=it.back.meter,
            feedback=it.back.feedback,
            limits=chosen.limits,
            shelf=it.shelf,
            trials=it.releases.trials,
            releases=it.releases,
        )
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {secret}"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1", headers=headers
            ) as it.http,
        ):
            yield it
