"""A real browser for the pages; without one these tests are skipped and say why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium with a profile of its own; gone after the module, for its event loop stops others."""
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser):
    """Open a file in a new window; return the page and every address it asked for."""
    opened = []

    def go(path: Path, *, width: int = 1280, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(context)
        tab, asked = context.new_page(), []
        tab.on("request", lambda r: asked.append(r.url))
        tab.on("dialog", lambda d: (asked.append("a dialog"), d.dismiss()))
        tab.on("console", lambda m: asked.append(m.text))
        tab.goto(path.as_uri())
        return tab, asked

    yield go
    for context in opened:
        context.close()
