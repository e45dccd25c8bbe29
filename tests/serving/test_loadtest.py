"""The load test: open-loop arrivals, quantiles, the search for the knee, and a real server."""

from __future__ import annotations

import asyncio
import random

import numpy as np
import pytest

from undercut.core.errors import UndercutError
from undercut.core.specs_economics import LoadtestSpec
from undercut.ledger.book import Book
from undercut.pipeline.saturation import LoadPoint, knee, read
from undercut.serving.loadtest.run import loadtest
from undercut.serving.loadtest.search import SENDER, search
from undercut.serving.loadtest.step import due, hold, point
from undercut.serving.loadtest.wire import Wires


def made(rate, p95, failed=0, late=0.0):
    return LoadPoint(per_second=rate, answered_per_second=rate, sent=10, failed=failed, p50_ms=1.0,
                     p95_ms=p95, p99_ms=p95, p95_low_ms=None, p95_high_ms=None, late_share=late)  # fmt: skip


def server(limit):
    """Return a model of a server: p95 of 5 ms up to a rate, 1 s beyond."""

    async def at(rate):
        return made(rate, 5.0 if rate <= limit else 1000.0)

    return at


@pytest.mark.parametrize("limit", [0.9, 17.0, 100.0, 431.0])
def test_the_knee_is_closed_in_from_both_sides(limit):
    points, note = asyncio.run(search(server(limit), 10.0, 1.5, 5000.0, 4, 200.0))
    good, bad = knee(points, 200.0)
    assert good <= limit < bad and bad / good < 1.05 and not note


def test_a_server_that_never_keeps_the_promise_has_no_knee():
    points, _ = asyncio.run(search(server(0.0), 10.0, 2.0, 5000.0, 3, 200.0))
    assert knee(points, 200.0)[0] is None and points[0].per_second <= 10 / 64


def test_the_highest_rate_asked_for_is_kept_to():
    points, note = asyncio.run(search(server(1e9), 10.0, 4.0, 100.0, 3, 200.0))
    assert points[-1].per_second == 100 and "highest rate asked for" in note


def test_a_sender_that_is_late_blames_itself():
    async def at(rate):
        return made(rate, 5.0 if rate < 50 else 1000.0, late=0.0 if rate < 50 else 0.6)

    points, note = asyncio.run(search(at, 10.0, 2.0, 5000.0, 3, 200.0))
    assert note == SENDER and all(p.late_share == 0 for p in points)


def test_nonsense_is_one_error_before_anything_is_sent(monkeypatch):
    monkeypatch.setattr("undercut.serving.loadtest.sane.most_connections", lambda: 100)
    asked = LoadtestSpec(url="ftp://x", start_per_second=9, most_per_second=5, connections=101)
    with pytest.raises(UndercutError) as error:
        loadtest(asked)
    told = str(error.value)
    assert error.value.code == "loadtest-invalid" and len(error.value.problems) == 3
    assert "at most 100 connections" in told and "ulimit -n 165" in told and "above 5" in told


def test_connections_are_bounded_and_waiting_for_one_is_said():
    async def go():
        open_now, most, release = 0, 0, asyncio.Event()

        async def answer(reader, writer):
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            await reader.readuntil(b"}")
            await release.wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            while await reader.read(1000):
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        sender = Wires(f"http://127.0.0.1:{port}/v1/predict", {}, 60, 2)
        asked = [asyncio.ensure_future(sender.ask("a")) for _ in range(5)]
        while open_now < 2:
            await asyncio.sleep(0)
        release.set()
        found = await asyncio.gather(*asked)
        sender.close()
        server.close()
        return found, most, sender.waited

    assert asyncio.run(go()) == ([True] * 5, 2, True)


def test_luck_above_a_failure_counts_for_nothing():
    points = [made(10, 5.0), made(20, 500.0), made(30, 5.0)]
    assert knee(points, 200.0) == (10, 20)
    assert knee([made(10, 5.0, failed=1)], 200.0) == (None, 10)


def test_arrivals_are_poisson():
    moments = due(1000.0, 20.0, random.Random(3))
    gaps = np.diff(moments)
    assert len(moments) == pytest.approx(20_000, rel=0.03)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)  # as exponential gaps have it
    assert moments == due(1000.0, 20.0, random.Random(3))


def test_the_interval_of_the_p95_covers_it():
    draw = np.random.default_rng(0)
    truth, inside = -np.log(0.05), 0
    for _ in range(200):
        p = point(1.0, 1.0, 300, 0, 0, draw.exponential(1.0, 300).tolist())
        inside += p.p95_low_ms <= 1e3 * truth <= p.p95_high_ms
    assert 0.91 <= inside / 200 <= 0.995
    assert point(1.0, 1.0, 5, 5, 0, []).p95_ms is None


def test_a_queue_does_not_slow_the_sender_down():
    """A server stuck at first: a closed loop would send one request; an open one sends them all."""
    asked = []

    async def run():
        gate = asyncio.Event()

        async def ask(text):
            asked.append(text)
            if len(asked) >= 20:
                gate.set()
            await gate.wait()
            return True

        return await hold(ask, ["a"], 400.0, 0.2, random.Random(0))

    seen = asyncio.run(run())
    assert seen.sent == len(asked) > 20 and seen.failed == 0


def test_a_running_server_is_measured_and_kept(live, tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERCUT_API_KEY", live.key)
    texts = tmp_path / "texts.txt"
    texts.write_text("where is my card\n我的退款在哪里\n", encoding="utf-8")
    spec = LoadtestSpec(url=live.url, workspace=tmp_path / "ws", data=[texts], name="tiny", cores=1,
                        start_per_second=5, most_per_second=5, step_seconds=0.5, slo_ms=5000,
                        refine=0, seed=1)  # fmt: skip
    found = loadtest(spec)
    assert found.model == "tiny" and found.knee_per_second == 5
    assert read(tmp_path / "ws", "tiny") == found
    entries = {e.unit: e for e in Book(tmp_path / "ws" / "ledger.sqlite").entries("loadtest:")}
    assert entries["request"].quantity == sum(p.sent for p in found.points)
    assert "cpu_second" in entries
    with pytest.raises(UndercutError, match="Did you mean 'tiny'"):
        read(tmp_path / "ws", "tin")


@pytest.mark.parametrize(
    ("url", "words"), [("http://127.0.0.1:9", "undercut serve"), ("ftp//x", "expected")]
)
def test_no_server_is_said(url, words, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("a\n")
    with pytest.raises(UndercutError, match=words):
        loadtest(LoadtestSpec(url=url, workspace=tmp_path / "ws", data=[texts]))


def test_a_refused_key_and_no_texts_are_said(live, tmp_path, monkeypatch):
    monkeypatch.delenv("UNDERCUT_API_KEY", raising=False)
    with pytest.raises(UndercutError, match="texts to send"):
        loadtest(LoadtestSpec(url=live.url, workspace=tmp_path / "none"))
    texts = tmp_path / "texts.txt"
    texts.write_text("a\n")
    with pytest.raises(UndercutError, match="a key the server knows"):
        loadtest(LoadtestSpec(url=live.url, workspace=tmp_path / "ws", data=[texts]))
