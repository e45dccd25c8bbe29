"""The page at ``/`` in Chromium, on a real server: try, correct, see what it cost."""

from __future__ import annotations

import json

import pytest

from serving.live import Live
from serving.stand_ins import write_artefact
from undercut.core.specs_serving import KeysSpec
from undercut.serving.keys_verb import keys

SERIOUS = {"serious", "critical"}
PLANS = '[plans.payg]\nkind = "payg"\nprice = { usd_per_1k_requests = "0.5" }\n'
TAGS = ["O", "B-PER", "I-PER"]


@pytest.fixture(scope="module")
def served(browser, tmp_path_factory):
    """A server and a key with a price; ``browser`` comes first so that nothing is fitted in vain."""
    place = tmp_path_factory.mktemp("served")
    artefact = write_artefact(place / "tiny", place / "scratch")
    plans = place / "plans.toml"
    plans.write_text(PLANS, encoding="utf-8")
    asked = {"key": "k", "plan": "payg", "plans": plans, "workspace": place / "ws"}
    secret = keys(KeysSpec(action="create", **asked)).secret
    server = Live(artefact, place, "--plans", str(plans))
    yield server.url, secret
    server.stop()


@pytest.fixture
def arrive(browser, served):
    """Open the page, with the key in it; return the page and what went elsewhere or wrong."""
    opened = []

    def go(width=1280, scheme="light", before=lambda tab: None, key=served[1]):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(context)
        tab, amiss = context.new_page(), []
        tab.on("request", lambda r: r.url.startswith(served[0]) or amiss.append(r.url))
        tab.on("pageerror", lambda e: amiss.append(str(e)))
        before(tab)
        tab.goto(served[0])
        if key:
            tab.wait_for_selector("#key")
            tab.fill("#key", key)
            tab.keyboard.press("Tab")
            tab.wait_for_selector('#model:not(:text-is("Model"))')
        return tab, amiss

    yield go
    for context in opened:
        context.close()


def faults(tab):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe: pip install axe-playwright-python"
    )
    found = axe.Axe().run(tab).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in SERIOUS]


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light")])
def test_a_holder_of_a_key_tries_corrects_and_sees_the_bill_by_keyboard(
    arrive, served, width, scheme
):
    tab, amiss = arrive(width, scheme)
    tab.focus("#text")
    tab.keyboard.insert_text("我的退款在哪里？🙂")
    tab.keyboard.press("Control+Enter")
    tab.wait_for_selector("#label:visible")
    assert tab.inner_text("#label") in ("退款", "card_arrival", "lost_card")
    assert "% sure" in tab.inner_text("#confidence") and "ms" in tab.inner_text("#confidence")
    assert tab.inner_text("#price") == "Charged $0.0005, $0.50 for 1\u2009000 such requests."
    assert tab.evaluate("[...document.querySelectorAll('#labels option')].map(o => o.value)") == [
        "退款",
        "card_arrival",
        "lost_card",
    ]
    tab.focus("#send")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "target"
    tab.keyboard.insert_text("lost_card")
    tab.keyboard.press("Enter")
    tab.wait_for_selector('#told:text-is("Kept.")')
    tab.focus("#usage summary")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#usage-rows tr")
    model, usd, requests, *_ = tab.inner_text("#usage-rows tr").split("\t")
    assert model == "tiny" and float(usd.lstrip("$")) == pytest.approx(int(requests) * 0.0005)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(tab) == [] and amiss == []


def test_entities_are_marked_where_they_stand(arrive):
    text = "🙂𠮷吴重阳在家"  # two letters that JavaScript counts as four

    def stand_in(tab):
        model = {"name": "t", "version": "ab" * 32, "task": "token-classification", "labels": TAGS}
        answer = {"request_id": "req_1", "model": "t", "version": "ab" * 32}
        entity = {"start": 2, "end": 5, "type": "PER", "text": "吴重阳", "probability": 0.9}
        answer["predictions"] = [{"entities": [entity], "truncated": False}]

        def fulfil(body):
            return lambda route: route.fulfill(
                body=json.dumps(body), content_type="application/json"
            )

        tab.route("**/v1/models", fulfil({"models": [model]}))
        tab.route("**/v1/predict", fulfil(answer))

    tab, amiss = arrive(375, "dark", stand_in, key=None)
    tab.fill("#text", text)
    tab.keyboard.press("Control+Enter")
    tab.wait_for_selector("mark")
    assert tab.evaluate("document.querySelector('mark').firstChild.data") == "吴重阳"
    assert tab.evaluate("document.getElementById('spans').firstChild.data") == "🙂𠮷"
    assert tab.inner_text("mark small") == "PER"
    assert tab.input_value("#target") == '[[2,5,"PER"]]'
    assert tab.inner_text("#price") == "Not for sale here: no price."
    assert faults(tab) == [] and amiss == []


def test_a_wrong_key_and_no_text_are_told(arrive):
    tab, _ = arrive(key=None)
    tab.wait_for_selector("#key")
    tab.click("#send")
    assert tab.evaluate("document.activeElement.id") == "text"
    tab.fill("#key", "uc_" + "x" * 43)
    tab.fill("#text", "<script>alert(1)</script>")
    tab.keyboard.press("Control+Enter")
    tab.wait_for_selector("#state.bad")
    assert "not valid here" in tab.inner_text("#state")
    assert tab.is_hidden("#correct")
