"""What a stranger might try: keys, headers, hosts, slow bytes."""

from __future__ import annotations

import asyncio
import hmac
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import httpx
import pytest

from serving.inside import inside, problem
from serving.live import Live
from undercut.serving import keys as keys_module

WRONG_KEYS = [
    None,
    "",
    "Bearer",
    "Bearer ",
    "Basic {secret}",
    "{secret}",
    "Bearer {secret}x",
    "Bearer {wrong}",
    "Bearer uc_",
    "Bearer ' OR 1=1 --",
    "Bearer \u00fc\u00e4",
    "Bearer " + "a" * 10_000,
]


def test_no_key_or_a_wrong_one_is_401(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            del it.http.headers["authorization"]
            found = []
            for header in WRONG_KEYS:
                wrong = it.secret[:11] + "A" * 32
                value = header and header.format(secret=it.secret, wrong=wrong)
                headers = {} if value is None else {"authorization": value.encode("latin-1")}
                found += [
                    await it.http.post("/v1/predict", json={"inputs": "a"}, headers=headers),
                    await it.http.post("/v1/feedback", json={}, headers=headers),
                    await it.http.get("/v1/usage", headers=headers),
                    await it.http.get("/v1/models", headers=headers),
                    await it.http.get("/metrics", headers=headers),
                ]
            return found, it.meter.totals()

    found, totals = asyncio.run(go())
    assert len(found) == 5 * len(WRONG_KEYS)
    for response in found:
        problem(response, 401, "key-refused")
        assert response.headers["www-authenticate"] == "Bearer"
    assert totals == []


def test_revoked_and_expired_keys_are_401_like_unknown_ones(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            assert (await it.ask("a")).status_code == 200  # and is remembered for a second
            revoked = it.keys.list()[0]
            it.keys.revoke(revoked.id)
            soon = datetime.now(UTC) + timedelta(seconds=0.05)
            short, _ = it.keys.create("short", expires_at=soon)
            await asyncio.sleep(0.06)
            ended = await it.ask("a")
            expired = await it.http.get("/v1/models", headers={"authorization": f"Bearer {short}"})
            return ended, expired

    ended, expired = asyncio.run(go())
    assert problem(ended, 401, "key-refused") == problem(expired, 401, "key-refused")


def test_every_key_is_compared_in_constant_time(tmp_path, monkeypatch):
    """Right, wrong, unknown and revoked keys all take the digest and one full comparison."""
    store = keys_module.open_keys(tmp_path / "keys.sqlite")
    secret, key = store.create("mine")
    ended, old = store.create("old")
    store.revoke(old.id)
    compared, real = [], hmac.compare_digest
    monkeypatch.setattr(
        keys_module.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or real(a, b)
    )
    tried = [secret, secret[:-1] + "!", "uc_unknown_prefix", ended, "é"]
    found = [store.verify(each) for each in tried]
    assert [f and f.id for f in found] == [key.id, None, None, None, None]
    assert len(compared) == len(tried)
    assert {(len(a), len(b)) for a, b in compared} == {(32, 32)}


def test_cors_is_closed(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            origin = {"origin": "https://evil.example"}
            asked = await it.http.options(
                "/v1/predict", headers=origin | {"access-control-request-method": "POST"}
            )
            return asked, await it.http.get("/v1/models", headers=origin)

    for response in asyncio.run(go()):
        assert not [h for h in response.headers if h.startswith("access-control-")]
        assert response.headers["cross-origin-resource-policy"] == "same-origin"


def test_without_keys_only_known_hosts_are_answered(tmp_path):
    async def go():
        hosts = frozenset({"127.0.0.1", "localhost", "[::1]"})
        async with inside(tmp_path, keyed=False, hosts=hosts) as it:
            tried = (
                "127.0.0.1:9",
                "LOCALHOST",
                "[::1]:80",
                "evil.example",
                "127.0.0.1.evil.example",
            )
            return [await it.http.get("/healthz", headers={"host": h}) for h in tried]

    found = asyncio.run(go())
    assert [r.status_code for r in found] == [200, 200, 200, 400, 400]
    problem(found[-1], 400, "host-unknown")


def test_headers_cannot_be_injected(live):
    bad = (
        b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-request-id: a\r\nset-cookie: b=c\r\n"
        b"connection: close\r\n\r\n"
    )
    answer = live.raw(bad)
    assert b"200 OK" in answer and b"set-cookie" not in answer.lower()
    crlf = live.raw(
        b"GET /v1/x%0d%0aset-cookie:b=c HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    assert b"404" in crlf.split(b"\r\n")[0] and b"set-cookie" not in crlf.lower()
    assert b"400" in live.raw(b"GET /healthz HTTP/1.1\r\nhost: x\r\nbad\x00name: 1\r\n\r\n")[:20]
    assert b"400" in live.raw(b"\x16\x03\x01nonsense\r\n\r\n")[:20]
    big = b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 200_000 + b"\r\n\r\n"
    with live.socket() as s:
        try:
            s.sendall(big)
            assert b"200" not in s.recv(100)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused while it was still being sent


def _slow(server: Live, half_bodies: int, half_headers: int, idle: int) -> list[socket.socket]:
    """Open connections that send half a request, or nothing; those of half a body come first."""
    head = b"POST /v1/predict HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    body = head + b"content-type: application/json\r\ncontent-length: 100\r\n\r\n{"
    sockets = []
    for first in [body] * half_bodies + [head] * half_headers + [b""] * idle:
        sockets.append(server.socket())
        sockets[-1].sendall(first)
    return sockets


def test_slow_and_idle_callers_do_not_block_others(artefact, tmp_path):
    """No clock: were others blocked, they would wait for slow callers, who may take 300 s."""
    server = Live(artefact, tmp_path, "--no-keys", "--limits.deadline-seconds", "300")
    slow = []
    try:
        slow = _slow(server, 60, 60, 1_000)
        with httpx.Client(base_url=server.url, timeout=120) as http:
            for _ in range(10):
                assert http.post("/v1/predict", json={"inputs": "a"}).status_code == 200
        for s in slow[:60]:  # all this while they were held, and none was let go
            s.setblocking(False)
            with pytest.raises(BlockingIOError):
                s.recv(1)
    finally:
        for s in slow:
            s.close()
        server.stop()


def test_slow_callers_are_let_go(artefact, tmp_path):
    server = Live(artefact, tmp_path, "--no-keys", "--limits.deadline-seconds", "1")
    slow = []
    try:
        slow = _slow(server, 60, 0, 0)
        for s in slow:
            s.settimeout(60)
            assert b"408" in s.recv(100)  # half a body, after the deadline
    finally:
        for s in slow:
            s.close()
        assert server.stop() == 0


@contextmanager
def _answering(protocol):
    """Yield the address of a server that reads requests by a protocol and says ok."""
    import uvicorn

    async def answer(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    config = uvicorn.Config(answer, http=protocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield sock.getsockname()
    finally:
        server.should_exit = True
        thread.join(10)


class _Timers(asyncio.SelectorEventLoop):
    """A loop whose timers go off when the test says so."""

    def __init__(self):
        super().__init__()
        self.timers = []

    def call_later(self, delay, callback, *args, **more):
        timer = asyncio.TimerHandle(delay, callback, args, self)
        self.timers.append(timer)
        return timer

    def running(self, callback):
        return [t for t in self.timers if not t.cancelled() and t._callback == callback]


def test_half_a_header_is_closed_after_its_time():
    import uvicorn
    from uvicorn.server import ServerState

    from undercut.serving.timeouts import HastyProtocol

    loop, transport, state = _Timers(), Mock(asyncio.Transport), ServerState()
    transport.is_closing.return_value = False
    transport.get_extra_info.return_value = None

    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    config = uvicorn.Config(answer, log_config=None, lifespan="off")
    config.load()
    one = HastyProtocol(config=config, server_state=state, app_state={}, _loop=loop)
    one.connection_made(transport)
    (first,) = loop.running(transport.abort)
    assert first.when() == HastyProtocol.header_seconds == 10
    one.data_received(b"GET / HTTP/1.1\r\nhost: x\r\n")
    assert loop.running(transport.abort) == [first]
    one.data_received(b"\r\n")  # whole: the clock stops, and starts again after the answer
    assert not loop.running(transport.abort)
    loop.run_until_complete(asyncio.wait_for(asyncio.gather(*state.tasks), None))
    (second,) = loop.running(transport.abort)
    for byte in b"GET / HTTP/1.1\r\nx: dribbled":
        one.data_received(bytes([byte]))
    assert loop.running(transport.abort) == [second]  # not put off by what dribbles in
    transport.abort.assert_not_called()
    second._run()
    transport.abort.assert_called_once_with()
    one.connection_lost(None)
    loop.close()


def test_headers_without_end_are_closed_by_their_size_and_bodies_are_not():
    from undercut.serving.timeouts import HastyProtocol

    class Patient(HastyProtocol):
        header_seconds = 3600.0

    line = b"x: " + b"a" * 997 + b"\r\n"
    with _answering(Patient) as address:
        with socket.create_connection(address, timeout=60) as s:
            s.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 300000\r\n\r\n")
            s.sendall(b"b" * 300_000)
            assert b"200 OK" in s.recv(1000)
        with socket.create_connection(address, timeout=60) as s:
            s.sendall(b"GET / HTTP/1.1\r\n")
            with pytest.raises(ConnectionError):
                for _ in range(100_000):
                    s.sendall(line)
        with socket.create_connection(address, timeout=60) as s:
            s.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"200 OK" in s.recv(1000)


def test_nothing_secret_is_in_the_log(live):
    headers = {"authorization": f"Bearer {live.key}"}
    with httpx.Client(base_url=live.url, headers=headers) as http:
        assert http.post("/v1/predict", json={"inputs": "a very private text"}).status_code == 200
        http.get("/v1/models", params={"key": live.key})
        http.get(f"/{live.key}")
    assert "/v1/predict 200" in live.stderr
    assert "private" not in live.stderr
    assert live.stderr.count(live.key) == 1  # where the first start shows it
    assert live.key not in live.stdout
    for path in (live.place / "ws").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert live.key.encode() not in data and b"private text" not in data, path
