"""A server on 127.0.0.1 that speaks ``/v1/chat/completions`` and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


def completion(
    content: str | None,
    *,
    usage: dict[str, Any] | None = None,
    finish: str = "stop",
    refusal: str | None = None,
) -> Answer:
    """Return a chat completion as OpenAI's API writes it."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "cheap-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    if usage is not None:
        document["usage"] = usage
    return 200, {}, json.dumps(document).encode()


def error(status: int, message: str, headers: dict[str, str] | None = None, **more: str) -> Answer:
    """Return an error as OpenAI's API writes it."""
    return status, headers or {}, json.dumps({"error": {"message": message, **more}}).encode()


def usage(read: int, written: int, hidden: int = 0, cached: int = 0) -> dict[str, Any]:
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "completion_tokens_details": {"reasoning_tokens": hidden},
        "prompt_tokens_details": {"cached_tokens": cached},
    }


class FakeApi:
    """The server: ``script`` answers ``(text, number of this request, body)``.

    Attributes:
        asked: how often each text was asked and answered with 200.
        bodies: every request body, in order.
        keys: every authorization header.
    """

    def __init__(self, script: Callable[[str, int, dict[str, Any]], Answer]) -> None:
        self.script = script
        self.asked: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status, headers, content = outer.answer(self.path, self.headers, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    def answer(self, path: str, headers: Any, body: dict[str, Any]) -> Answer:
        with self._lock:
            self.bodies.append(body)
            self.keys.append(headers.get("authorization"))
            number = len(self.bodies)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if path != "/v1/chat/completions":
                return error(404, f"no route {path}")
            text = body["messages"][-1]["content"]
            found = self.script(text, number, body)
            if found[0] == 200:
                with self._lock:
                    self.asked[text] += 1
            return found
        finally:
            with self._lock:
                self._at_once -= 1

    def __enter__(self) -> FakeApi:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.server.server_close()
