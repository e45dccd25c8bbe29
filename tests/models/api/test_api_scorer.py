"""An outside API as a tier: within its cap, read strictly, silent when there is no answer."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pytest

from models.api.fake_api import FakeApi, completion, error, usage
from undercut.core.errors import UndercutError
from undercut.core.types import Manifest
from undercut.ledger.book import Book
from undercut.ledger.place import keep_in, ledger
from undercut.ledger.purse import Purse
from undercut.models.api.scorer import make_scorer
from undercut.models.cascade.tiers import CascadeScorer, confidence
from undercut.store import artefacts

KEY = "sk-test-0123456789abcdef"
LABELS = ("delivery", "refund", "退款")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("D_KEY", KEY)
    before = ledger().parent
    keep_in(tmp_path)
    yield tmp_path
    keep_in(before)


def manifest(url, **changes):
    config = {
        "base_url": url,
        "model": "cheap-1",
        "key_env": "D_KEY",
        "instruction": "Choose a label.",
        "shots": [],
        "body": {"temperature": 0, "max_tokens": 8},
        "usd_per_million_input": "1000",
        "usd_per_million_output": "2000",
        "price": "given",
        "max_usd": "10",
        "timeout_seconds": 0.5,
        "retries": 0,
        "concurrency": 2,
        "precision": 0.9,
    }
    return Manifest(
        name="cheap-1",
        task="text-classification",
        architecture="api",
        format="api",
        labels=LABELS,
        config=config | changes,
    )


def answer(text, number, body):
    if "busy" in text:
        return error(503, "busy")
    if "prose" in text:
        return completion("I think it is refund.", usage=usage(10, 5))
    if "html" in text:
        return 200, {}, b"<html>"
    return completion("退款" if "退" in text else "refund", usage=usage(10, 2))


@pytest.mark.filterwarnings("ignore:The API says nothing")
def test_answers_refusals_and_failures(place):
    texts = ["money", "我要退", "busy", "prose", "html"]
    with FakeApi(answer) as api:
        scorer = make_scorer(manifest(api.url), {})
        scored = scorer.score(texts)
    sure = confidence(scored.log_probs)
    np.testing.assert_allclose(sure, [0.9, 0.9, 0, 0, 0], rtol=1e-5)
    assert [LABELS[k] for k in scored.log_probs.argmax(axis=1)[:2]] == ["refund", "退款"]
    assert dict(scorer.silent) == {"rival-unanswered": 1, "unparsed": 1, "rival-answer": 1}
    entries = Book(place / "ledger.sqlite").entries("api-tier:")
    usd = sum(e.quantity for e in entries if e.unit == "api_usd")
    assert usd == Decimal("0.001") * (10 + 10 + 10) + Decimal("0.002") * (2 + 2 + 5)
    assert scorer.purse.spent == usd
    assert KEY not in json.dumps([str(e) for e in entries])


@pytest.mark.filterwarnings("ignore:The API says nothing")
def test_the_tier_before_answers_for_a_silent_api():
    class First:
        def score(self, inputs):
            from undercut.core.contracts import Scored

            rows = np.log(np.tile([0.5, 0.3, 0.2], (len(inputs), 1))).astype(np.float32)
            return Scored(rows, [False] * len(inputs))

    with FakeApi(answer) as api:
        children = {"own": First(), "api": make_scorer(manifest(api.url), {})}
        found = CascadeScorer(children, {"thresholds": {"own": 0.9}}).score(["money", "busy"])
    assert list(found.tiers) == ["api", "own"]


@pytest.mark.filterwarnings("ignore:The API says nothing")
def test_the_cap_is_kept_and_remembered_by_the_ledger():
    with FakeApi(answer) as api:
        # A request reserves at most (bytes + 16) * .001 + 8 * .002 USD and bills .014.
        capped = manifest(api.url, max_usd="0.1", concurrency=1)
        first = make_scorer(capped, {})
        sure = confidence(first.score(["m"] * 12).log_probs)
        asked = len(api.bodies)
        assert 0 < asked < 12
        assert (sure > 0).sum() == asked
        assert first.purse.spent <= Decimal("0.1")
        again = make_scorer(capped, {})
        assert again.purse.spent == first.purse.spent
        again.score(["m"])
        assert len(api.bodies) == asked  # nothing more was sent


def test_without_a_key_an_address_far_away_is_refused(monkeypatch):
    monkeypatch.delenv("D_KEY")
    with pytest.raises(UndercutError, match="D_KEY"):
        make_scorer(manifest("https://api.example.com/v1"), {})


def test_the_key_is_in_no_file(tmp_path):
    with FakeApi(answer) as api:
        made = manifest(api.url)
        artefacts.write(tmp_path / "api", made, lambda _: None)
        make_scorer(made, {}).score(["money"])
        assert api.keys == [f"Bearer {KEY}"]
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()


def test_a_purse_reserves_before_and_settles_after(tmp_path):
    purse = Purse(tmp_path / "l.sqlite", "t:", Decimal(1), (Decimal(100_000), Decimal(0)))
    held = [purse.reserve(4, 9) for _ in range(3)]
    assert held == [Decimal("0.4"), Decimal("0.4"), None]
    purse.settle(held[0], "t:1", (1, 5), True, "m")
    assert purse.reserve(4, 0) == Decimal("0.4")
    purse.settle(held[1], "t:2", None, False, "m", lost=1)  # never answered: may have been billed
    assert purse.spent == Decimal("0.5")
    assert purse.reserve(2, 0) is None
