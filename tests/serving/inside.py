"""The application in this process, asked over ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from serving.stand_ins import Echo
from undercut.ledger.book import Book
from undercut.serving.database import open_database
from undercut.serving.feedback import FeedbackStore
from undercut.serving.http import build_app
from undercut.serving.keys import SCOPES, KeyStore, keys_of
from undercut.serving.meter import Meter, open_meter
from undercut.serving.options import Limits
from undercut.serving.schemas import ModelInfo
from undercut.serving.till import Till

MODEL = ModelInfo(name="tiny", version="ab" * 32, labels=("退款", "lost_card"))
JSON = {"content-type": "application/json"}


class Inside:
    """An app with its stores; ``http`` sends the first key's header."""

    app: FastAPI
    http: httpx.AsyncClient
    secret: str
    keys: KeyStore | None
    till: Till | None
    database: sa.Engine
    meter: Meter
    feedback: FeedbackStore
    book: Book

    async def ask(self, inputs: Any, **more: Any) -> httpx.Response:
        return await self.http.post("/v1/predict", json={"inputs": inputs, **more})


@asynccontextmanager
async def inside(
    folder: Path,
    model: Any = None,
    *,
    keyed: bool = True,
    hosts: frozenset[str] | None = None,
    more: Any = (),
    plans: Any = None,
    **limits: Any,
) -> AsyncIterator[Inside]:
    """Open an app on fresh stores, and shut it down as a server would."""
    it = Inside()
    database = it.database = open_database(folder / "serving.sqlite")
    it.book = Book(folder / "ledger.sqlite")
    it.meter = open_meter(database, folder / "journal", it.book)
    it.feedback = FeedbackStore(database)
    it.keys = keys_of(database, folder / "pepper", plans) if keyed else None
    it.till = Till(database, plans or {}, it.meter.server) if keyed else None
    it.secret = it.keys.create("first", SCOPES)[0] if it.keys else ""
    app = it.app = build_app(
        model or Echo(),
        keys=it.keys,
        till=it.till,
        meter=it.meter,
        feedback=it.feedback,
        limits=Limits(**limits),
        model_info=MODEL,
        more=more,
        hosts=hosts,
    )
    headers = {"authorization": f"Bearer {it.secret}"} if keyed else {}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers
        ) as it.http,
    ):
        yield it


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that a response is a problem of that status and code, and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == status
    assert found["code"] == code
    assert found["type"] == f"urn:undercut:problem:{code}"
    assert found["title"] and found["detail"]
    return found


async def until(met: Any, seconds: float = 5.0) -> None:
    """Wait until ``met()`` holds."""
    for _ in range(int(seconds / 0.01)):
        if met():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")
