"""The pages in Chromium: phone and desktop, light and dark, by keyboard, by axe, nothing fetched."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

import undercut
from pipeline.report_cases import CASES, HOSTILE
from undercut.pipeline.report.figures.all import figures
from undercut.pipeline.report.page import page
from undercut.pipeline.report.png import Plots

WORDS = [
    "refund",
    "money",
    "card",
    "login",
    "parcel",
    "broken",
    "screen",
    "where",
    "退款",
    "密码",
    "什么时候",
    "到账",
]
LABELS = ["refund", HOSTILE, "超长的标签" * 12, "a_long_label_without_any_space_whatsoever_" * 3]
REPORTS = {
    "report": "77 classes",
    "report-zh": "Chinese, no test split",
    "report-hostile": "two hostile classes",
    "report-empty": "as little as there can be",
}
NAMES = [*REPORTS, "check", "explain", "explain-global"]
SCREENS = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
SERIOUS = {"serious", "critical"}


def nasty(path: Path) -> None:
    """Write rows no page likes: markup, no spaces, very long words, right-to-left text."""
    r = random.Random(0)
    with path.open("w", newline="", encoding="utf-8") as f:
        out = csv.writer(f)
        out.writerow(["text", "label"])
        for i in range(160):
            text = " ".join(r.choices(WORDS, k=8)) + f" {i}"
            if i % 17 == 0:
                text = HOSTILE + text
            if i % 23 == 0:
                text = "无空格的很长中文文本" * 60 + str(i)
            if i % 29 == 0:
                text = "x" * 900 + str(i)
            if i % 31 == 0:
                text = "\u202e شكرا جزيلا " + text
            out.writerow([text, LABELS[i % 4]])
            if i % 40 == 0:
                out.writerow([text + "!", LABELS[(i + 1) % 4]])


@pytest.fixture(scope="module")
def pages(browser, tmp_path_factory):
    """Write every page once; ``browser`` comes first so that nothing is fitted in vain."""
    folder = tmp_path_factory.mktemp("pages")
    for name, case in REPORTS.items():
        drawn = figures(CASES[case])
        (folder / f"{name}.html").write_text(page(CASES[case], drawn, Plots()), encoding="utf-8")
    data, out = folder / "nasty.csv", folder / "out"
    nasty(data)
    undercut.check(undercut.CheckSpec(train=[data], page=folder / "check.html"))
    undercut.run(
        undercut.RunSpec(train=[data], workspace=out, method="linear", learning_curve=False)
    )
    asked = [HOSTILE + " where is my refund", "退款什么时候到账？" * 30, "x" * 600, "شكرا refund"]
    why = {"artefact": "nasty-linear", "workspace": out}
    undercut.explain(undercut.ExplainSpec(inputs=asked, page=folder / "explain.html", **why))
    undercut.explain(undercut.ExplainSpec(global_=True, page=folder / "explain-global.html", **why))
    return folder


def unfold(tab) -> None:
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
@pytest.mark.parametrize("name", NAMES)
def test_it_fits_fetches_nothing_and_runs_nothing(pages, visit, name, width, scheme):
    path = pages / f"{name}.html"
    tab, asked = visit(path, width=width, scheme=scheme)
    unfold(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    # What is wider than the screen lies in a region that scrolls by itself.
    loose = tab.evaluate(
        "w => [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, svg, .skip')"
        " && e.getBoundingClientRect().right > w + 1).map(e => e.outerHTML.slice(0, 80))",
        width,
    )
    assert loose == []
    assert asked == [path.as_uri()]
    assert tab.evaluate("document.querySelectorAll('script, img, iframe, [onload]').length") == 0
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(252, 252, 250)" if scheme == "light" else "rgb(20, 23, 26)")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_serious(pages, visit, name, width, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe: pip install axe-playwright-python"
    )
    tab, _ = visit(pages / f"{name}.html", width=width, scheme=scheme)
    unfold(tab)
    found = axe.Axe().run(tab).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in SERIOUS] == []


@pytest.mark.parametrize("name", NAMES)
def test_all_of_it_is_reached_by_keyboard(pages, visit, name):
    tab, _ = visit(pages / f"{name}.html", width=390)
    reachable = "a[href], summary, .scroll"
    # Inside a closed disclosure nothing takes the focus; that is what its summary is for.
    wanted = tab.evaluate(
        f"[...document.querySelectorAll('{reachable}')]"
        ".filter(e => e.matches('summary') || !e.closest('details:not([open])')).length"
    )
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    met = 1
    for _ in range(wanted + 5):
        tab.keyboard.press("Tab")
        if not tab.evaluate(f"document.activeElement.matches('{reachable}')"):
            break
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        met += 1
    assert met == wanted


def test_a_disclosure_opens_with_the_space_bar(pages, visit):
    tab, _ = visit(pages / "report.html")
    tab.focus("summary >> nth=0")
    tab.keyboard.press("Space")
    assert tab.evaluate("document.querySelector('details').open")


def test_what_was_written_is_shown_as_letters(pages, visit):
    for name in ("report-hostile", "check", "explain"):
        tab, _ = visit(pages / f"{name}.html")
        unfold(tab)
        assert "<script>alert(1)</script>" in tab.inner_text("body")
        # A control letter that would turn the rest of a line round is not passed on.
        assert "\u202e" not in tab.content()
