"""GET /: the page for the person who holds a key."""

from __future__ import annotations

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

from undercut.serving.desk import Desk
from undercut.serving.page import page


def add(app: FastAPI, desk: Desk) -> None:
    """Add the page."""

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        html, policy = page()
        return HTMLResponse(html, headers={"content-security-policy": policy})
