"""The economics page in Chromium: it fits, fetches nothing, and its lines move."""

from __future__ import annotations

import pytest

from pipeline.report_cases import HOSTILE
from pipeline.scenario.scenario_fixture import answered
from undercut.pipeline.report.economics.page import page, pictures
from undercut.pipeline.report.png import Plots

SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def written(browser, tmp_path_factory):
    facts = answered(rival__0__name=HOSTILE, rival__1__name="超长的名字" * 12)
    path = tmp_path_factory.mktemp("economics") / "economics.html"
    path.write_text(page(facts, pictures(facts), Plots()), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_it_fits_fetches_nothing_and_passes_axe(written, visit, width, scheme):
    tab, asked = visit(written, width=width, scheme=scheme)
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [written.as_uri()]
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(252, 252, 250)" if scheme == "light" else "rgb(20, 23, 26)")
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe: pip install axe-playwright-python"
    )
    found = axe.Axe().run(tab).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in SERIOUS] == []


def test_the_line_moves_by_keyboard_and_says_the_row(written, visit):
    tab, _ = visit(written)
    assert tab.evaluate("document.querySelectorAll('figure .trace').length") >= 4
    bar = "document.querySelector('#profit .trace')"
    before = tab.evaluate(f"{bar}.querySelector('output').textContent")
    line = "document.querySelector('#profit svg.full line').getAttribute('x1')"
    at = float(tab.evaluate(line))
    tab.focus("#profit .trace input")
    tab.keyboard.press("ArrowRight")
    after = tab.evaluate(f"{bar}.querySelector('output').textContent")
    assert after != before and "USD per million requests" in after and "USD a month" in after
    assert float(tab.evaluate(line)) > at


def test_hostile_names_are_letters(written, visit):
    tab, asked = visit(written)
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert "<script>alert(1)</script>" in tab.inner_text("body")
    assert asked == [written.as_uri()]
