"""Limits against copying a model by asking it: what a key is told, and how much of it a day."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from serving.inside import inside, problem
from serving.leave import leave
from serving.stand_ins import Echo
from undercut.cli.app import main
from undercut.core.types import Prediction
from undercut.economics.charges import Quantities
from undercut.serving.daily import forget_days
from undercut.serving.database import open_database
from undercut.serving.extraction import told
from undercut.serving.keys import keys_of
from undercut.serving.plans import KeyLimits, Plan
from undercut.serving.problems import ApiError
from undercut.serving.tables import balances, seen_texts
from undercut.serving.till import Till
from undercut.tasks.token_classification.prediction import Entity, Tagged

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    """A store, a till on it, and the time."""

    def __init__(self, store, folder) -> None:
        self.now, self.seen, self.lock = NOW, 0, threading.Lock()
        self.database = open_database(store)
        self.keys = keys_of(self.database, folder / "pepper")
        self.till = self.another()

    def another(self, name="one") -> Till:
        return Till(self.database, {}, name, lambda: self.now)

    def ask(self, key, *texts, till=None):
        with self.lock:
            self.seen += 1
            name = f"req_{self.seen}"
        used = Quantities(requests=1, inputs=max(1, len(texts)), tokens=1)
        marks = [self.keys.mark(key.id.encode(), t.encode()) for t in texts]
        return leave(till or self.till, key, name, used, marks=lambda: marks)

    def refused(self, key, *texts) -> ApiError:
        with pytest.raises(ApiError) as error:
            self.ask(key, *texts)
        return error.value


def test_different_texts_are_counted_exactly_by_two_tills_at_once(store, tmp_path):
    it = Clock(store, tmp_path)
    most, texts = 20, [f"text {i}" for i in range(45)]
    _, key = it.keys.create("k", limits=KeyLimits(distinct_texts_per_day=most))
    tills, let_in = [it.till, it.another("two")], set()

    def go(seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(12):
            some = draw.sample(texts, 2)
            try:
                it.ask(key, *some, till=tills[seed % 2])
            except ApiError as e:
                assert (e.status, e.code) == (429, "daily-cap")
            else:
                with it.lock:
                    let_in.update(some)

    threads = [threading.Thread(target=go, args=(seed,)) for seed in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert most - 1 <= len(let_in) <= most  # pairs: a last single place may stay free
    with it.database.connect() as db:
        kept = set(db.execute(sa.select(seen_texts.c.mark)).scalars())
    assert len(kept) == len(let_in)
    for text in let_in:  # those are free for the rest of the day
        it.ask(key, text)
    for till in tills:
        till.close()


def test_a_day_ends_at_midnight_and_leaves_nothing(store, tmp_path):
    it = Clock(store, tmp_path)
    limits = KeyLimits(requests_per_day=3, inputs_per_day=4, distinct_texts_per_day=2)
    _, key = it.keys.create("k", limits=limits)
    it.ask(key, "a", "a")
    found = it.refused(key, "b", "c")
    assert (found.status, found.code) == (429, "daily-cap") and "different texts" in found.message
    assert found.retry_after == 12 * 3600 + 1
    assert "texts" in it.refused(key, "b", "a", "a").message  # 5 texts: and "b" is given back
    it.ask(key, "c")
    it.ask(key, "a")
    assert "requests" in it.refused(key, "a").message
    it.now += timedelta(hours=12)
    it.ask(key, "x", "y")
    with it.database.begin() as db:
        forget_days(db, it.now + timedelta(days=1))
        assert db.execute(sa.select(sa.func.count()).select_from(seen_texts)).scalar() == 2
        forget_days(db, it.now + timedelta(days=2))
        assert db.execute(sa.select(seen_texts)).all() == []
        daily = sa.func.length(balances.c.period).in_((10, 16))
        assert db.execute(sa.select(balances).where(daily)).all() == []
    it.till.close()


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30, unique=True),
    st.integers(1, 40),
    st.integers(0, 6),
)
def test_what_is_told_is_the_likeliest_labels_rounded(p, most, places):
    full = {f"label {i}": v for i, v in enumerate(p)}
    best = max(full, key=full.__getitem__)
    whole = Prediction(label=best, probability=full[best], probabilities=full, tier="a")
    limits = KeyLimits(most_labels=most, probability_decimals=places)
    (found,) = told([whole], limits)
    assert found.label == best and found.tier == "a" and not found.truncated
    assert found.probability == round(full[best], places)
    assert len(found.probabilities) == min(most, len(p))
    left_out = [v for k, v in full.items() if k not in found.probabilities]
    assert all(full[k] >= max(left_out, default=0) for k in found.probabilities)
    assert all(v == round(full[k], places) for k, v in found.probabilities.items())
    assert told([whole], KeyLimits()) == [whole] == told([whole], None)


def test_entities_are_rounded_too():
    entity = Entity(start=0, end=2, type="city", text="柏林", probability=0.987654)
    (found,) = told([Tagged(entities=[entity])], KeyLimits(probability_decimals=1))
    assert found.entities == [entity.model_copy(update={"probability": 1.0})]


def test_over_the_api_a_key_or_its_plan_bounds_what_is_told(tmp_path):
    plan = Plan.model_validate(
        {
            "kind": "payg",
            "price": {"usd_per_1k_requests": "1"},
            "limits": {"most_labels": 1, "distinct_texts_per_day": 2},
        }
    )

    async def go():
        async with inside(tmp_path, plans={"thrifty": plan}) as it:
            narrow, _ = it.keys.create(
                "n", limits=KeyLimits(probability_decimals=0), plan="thrifty"
            )
            it.http.headers["authorization"] = f"Bearer {narrow}"
            told_less = await it.ask(["退款"], top="all")
            again = await it.ask(["退款", "退款"])
            await it.ask("two")
            third = await it.ask("three")
            it.http.headers["authorization"] = f"Bearer {it.secret}"
            return told_less, again, third, await it.ask(["退款"], top="all")

    less, again, third, full = asyncio.run(go())
    assert less.json()["predictions"][0]["probabilities"] == {"退款": 1.0}
    assert less.json()["predictions"][0]["probability"] == 1.0
    assert again.status_code == 200
    problem(third, 429, "daily-cap")
    assert 1 <= int(third.headers["retry-after"]) <= 86_401
    assert len(full.json()["predictions"][0]["probabilities"]) == 2


class Tied(Echo):
    """Holds two labels equally likely, answers the second, and has vectors."""

    embeds = True

    def predict(self, inputs):
        both = {"one": 0.5, "two": 0.5}
        return [Prediction(label="two", probability=0.5, probabilities=both) for _ in inputs]

    def embed_told(self, inputs):
        return np.array([[0.6, 0.8]] * len(inputs), np.float32), ["cut" in x for x in inputs]


def test_other_routes_tell_no_more_than_predict(tmp_path):
    """A chat names the answer alone, also of a tie; a vector would tell all, so there is none."""

    async def go():
        async with inside(tmp_path, Tied()) as it:
            narrow, _ = it.keys.create("n", limits=KeyLimits(most_labels=1))
            whole = {"authorization": f"Bearer {it.secret}"}
            less = {"authorization": f"Bearer {narrow}"}
            message = {"role": "user", "content": "a"}
            chat = {"model": "tiny", "messages": [message], "logprobs": True, "top_logprobs": 5}
            asked = [("/v1/chat/completions", chat)]
            asked += [("/v1/embeddings", {"model": "tiny", "input": "a"})]
            return [
                await it.http.post(u, json=b, headers=h) for h in (less, whole) for u, b in asked
            ]

    less_said, withheld, said, vector = asyncio.run(go())
    for found, labels in ((less_said, ["two"]), (said, ["one", "two"])):
        (choice,) = found.json()["choices"]
        assert choice["message"]["content"] == "two"
        (token,) = choice["logprobs"]["content"]
        assert sorted(t["token"] for t in token["top_logprobs"]) == labels
    assert vector.status_code == 200
    assert withheld.status_code == 403 and "vector-withheld" in withheld.text


def test_the_limits_are_set_as_they_are_typed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> None:
        with pytest.raises(SystemExit) as end:
            main(["keys", *words])
        assert end.value.code == 0

    typed("create", "acme", "--most-labels", "1", "--distinct-texts-per-day", "500")
    typed("limit", "acme", "--probability-decimals", "2", "--requests-per-day", "9")
    capsys.readouterr()
    typed("list", "--json")
    (key,) = json.loads(capsys.readouterr().out)["keys"]
    limits = {k: v for k, v in key["limits"].items() if v is not None}
    assert limits == {
        "most_labels": 1,
        "distinct_texts_per_day": 500,
        "probability_decimals": 2,
        "requests_per_day": 9,
    }
    with pytest.raises(SystemExit) as end:
        main(["keys", "list", "--probability-decimals", "0"])
    assert end.value.code == 2
