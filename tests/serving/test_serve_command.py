"""``undercut serve`` as it is typed: start, key, curl, stop; and what it refuses."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import undercut
from serving.live import Live
from undercut.core.errors import UndercutError
from undercut.ledger.book import Book
from undercut.serving.exposure import check_exposure
from undercut.serving.options import ServeOptions
from undercut.serving.run import resolve


def typed(*arguments: str, cwd) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "undercut", "serve", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
    )


def quantities(book: Book) -> dict[str, float]:
    found: dict[str, float] = {}
    for e in book.entries("serve:"):
        found[e.unit] = found.get(e.unit, 0.0) + float(e.quantity)
    return found


def test_help_teaches(tmp_path):
    done = typed("--help", cwd=tmp_path)
    assert done.returncode == 0
    text = " ".join(done.stdout.replace("│", " ").split())
    for words in ("ARTEFACT", "--no-keys", "curl localhost:8000/v1/predict", "--port", "SIGTERM"):
        assert words in text, words


def test_the_first_start_shows_a_key_once_and_later_ones_do_not(artefact, tmp_path):
    first = Live(artefact, tmp_path)
    assert first.stop(signal.SIGINT) == 0
    assert "shown this once" in first.stderr
    again = Live(artefact, tmp_path, "--new-key", "second")
    try:
        assert again.key and again.key != first.key
        for key in (first.key, again.key):
            headers = {"authorization": f"Bearer {key}"}
            assert httpx.get(f"{again.url}/v1/models", headers=headers).status_code == 200
    finally:
        assert again.stop() == 0
    third = Live(artefact, tmp_path, "--json")
    assert third.key == "" and third.stop() == 0
    assert json.loads(third.stdout) == {"stopped": True}
    book = Book(tmp_path / "ws" / "ledger.sqlite")
    served = {e.subject for e in book.entries("serve:")}
    assert len(served) == 1
    assert book.attempts(served.pop()) == ["done"] * 3


def test_fifty_callers_at_once_are_each_billed_once(live):
    def calls(n: int) -> list[tuple[int, int]]:
        headers = {"authorization": f"Bearer {live.key}"}
        with httpx.Client(base_url=live.url, headers=headers, timeout=30) as http:
            found = []
            for k in range(6):
                texts = ["退款 " * (n + 1)] * (k + 1)
                answer = http.post("/v1/predict", json={"inputs": texts})
                found.append((answer.status_code, len(answer.json()["predictions"])))
            return found

    headers = {"authorization": f"Bearer {live.key}"}

    def used() -> tuple[int, int]:
        rows = httpx.get(f"{live.url}/v1/usage", headers=headers).json()["usage"]
        return (rows[0]["requests"], rows[0]["inputs"]) if rows else (0, 0)

    before = used()
    with ThreadPoolExecutor(50) as pool:
        found = [row for rows in pool.map(calls, range(50)) for row in rows]
    assert found == [(200, k + 1) for _ in range(50) for k in range(6)]
    after = used()
    assert (after[0] - before[0], after[1] - before[1]) == (300, 50 * 21)


def test_small_answers_leave_at_once(live):
    """Nagle's algorithm with delayed ACKs would cost 40 ms a request on a kept connection."""
    headers = {"authorization": f"Bearer {live.key}"}
    with httpx.Client(base_url=live.url, headers=headers) as http:
        seconds = []
        for _ in range(20):
            started = time.monotonic()
            http.post("/v1/predict", json={"inputs": "a"})
            seconds.append(time.monotonic() - started)
    assert sorted(seconds)[5] < 0.03


def test_sigterm_while_busy_answers_what_runs_and_bills_it(artefact, tmp_path):
    server = Live(artefact, tmp_path, "--no-keys")
    answered, refused, texts = [], [], ["退款"] * 100
    stop = threading.Event()

    def call() -> None:
        with httpx.Client(base_url=server.url, timeout=20) as http:
            while not stop.is_set():
                try:
                    response = http.post("/v1/predict", json={"inputs": texts})
                except httpx.ConnectError:
                    return refused.append("closed")  # a new connection after the stop
                except httpx.HTTPError as e:
                    return refused.append(type(e).__name__)
                answered.append(response.status_code)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for t in threads:
        t.start()
    while len(answered) < 40:
        time.sleep(0.005)
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 10
    stop.set()
    for t in threads:
        t.join(20)
    assert "Stopped" in server.stdout
    assert set(answered) <= {200, 503}, set(answered)
    book = Book(tmp_path / "ws" / "ledger.sqlite")
    found = quantities(book)
    # A keep-alive connection may be closed under a request it was just sending; that one has no
    # answer, and may or may not have been taken. Every answer must be billed.
    assert answered.count(200) <= found["request"] <= answered.count(200) + len(refused)
    assert found["token"] == found["request"] * 100 * 2
    assert found["cpu_second"] > 0
    assert not list((tmp_path / "ws" / "serving" / "journal").glob("*.jsonl"))


def test_a_killed_server_loses_no_answered_request(artefact, tmp_path):
    server = Live(artefact, tmp_path, "--no-keys")
    with httpx.Client(base_url=server.url) as http:
        for _ in range(25):
            assert http.post("/v1/predict", json={"inputs": "a"}).status_code == 200
    server.stop(signal.SIGKILL)
    assert Live(artefact, tmp_path, "--no-keys").stop() == 0
    book = Book(tmp_path / "ws" / "ledger.sqlite")
    assert quantities(book)["request"] == 25
    subject = min({e.subject for e in book.entries("serve:")}, key=len)
    assert book.attempts(subject) == ["killed", "done"]


def test_what_it_refuses(artefact, tmp_path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        cases = [
            ([str(artefact), "--port", port], "port-in-use", "in use"),
            ([str(artefact), "--host", "0.0.0.0", "--no-keys"], "serve-open", "--insecure"),
            ([str(artefact), "--port", "70000"], "option-value", "--port"),
        ]
        for arguments, code, words in cases:
            done = typed(*arguments, cwd=tmp_path)
            assert done.returncode == 2, done
            assert code in done.stderr and words in done.stderr
            assert "Traceback" not in done.stderr


def test_without_the_extra_it_says_what_to_install(artefact, tmp_path):
    code = (
        "import sys, importlib.util as u\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n in ('fastapi', 'uvicorn') else real(n, *a)\n"
        "from undercut.cli.app import main\n"
        "main(['serve', sys.argv[1]])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(artefact)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert 'pip install "undercut[serve]"' in done.stderr


def test_options_say_every_mistake():
    with pytest.raises(UndercutError) as error:
        resolve(None, {"prot": 1, "threads": 0, "host": ""})
    assert len(error.value.problems) == 3
    assert "Did you mean 'port'?" in str(error.value)
    assert resolve(ServeOptions(port=1), {"port": 2}).port == 2


def test_strangers_are_answered_with_keys_or_by_choice_only():
    check_exposure(ServeOptions(host="0.0.0.0", tls_cert="c", tls_key="k"))
    check_exposure(ServeOptions(host="0.0.0.0", behind_proxy=True))
    check_exposure(ServeOptions(host="::1", keys=False))
    check_exposure(ServeOptions(host="0.0.0.0", keys=False, insecure=True))
    for options, lacking in (
        ({"keys": False}, 2),
        ({}, 1),
        ({"keys": False, "behind_proxy": True}, 1),
        ({"keys": False, "tls_cert": "c", "tls_key": "k"}, 1),
    ):
        with pytest.raises(UndercutError) as error:
            check_exposure(ServeOptions(host="0.0.0.0", **options))
        assert len(error.value.problems) == lacking


def test_the_verb_is_light_until_it_is_called():
    code = (
        "import sys; from undercut.cli.serve import command; command(); import undercut.serving.run\n"
        "heavy = {'torch', 'transformers', 'onnxruntime', 'fastapi', 'uvicorn', 'httpx'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
    assert undercut.__version__
