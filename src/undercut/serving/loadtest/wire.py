"""A sender light enough not to be what is measured: HTTP/1.1 over kept connections, no client.

A general client takes most of a millisecond of processor time a request, more than a small model
takes to answer it. Here a request is one write of bytes made once, and an answer is looked at as
far as its length and status.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

HEAD_END = b"\r\n\r\n"


def post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the bytes of a POST request with a JSON body.

    Args:
        url: address of the route.
        body: sent as it is.
        headers: more headers; ``host``, ``content-type`` and ``content-length`` are added.
    """
    parts = urlsplit(url)
    own = {"host": parts.netloc, "content-type": "application/json"}
    own |= {"content-length": str(len(body))}
    lines = [
        f"POST {parts.path or '/'} HTTP/1.1",
        *(f"{k}: {v}" for k, v in (own | {**headers}).items()),
    ]
    return "\r\n".join(lines).encode("latin-1") + HEAD_END + body


UNREAD, CHUNKED = -1, -2
"""Ends of an answer whose head has not come yet, and of one that does not tell its length."""


class Wire(asyncio.Protocol):
    """One connection; one request at a time.

    Args:
        answered: called with the connection, the status (0 when it was lost before its answer was
            whole) and the body.
    """

    def __init__(self, answered: Callable[[Wire, int, bytes], None]) -> None:
        self._answered = answered
        self._buffer = bytearray()
        self._end = UNREAD
        self._start = self._status = 0
        self._waiting = self._last = False
        self.transport: asyncio.Transport | None = None

    @property
    def open(self) -> bool:
        """Whether another request can be sent."""
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self, request: bytes) -> None:
        """Send a request of :func:`post`; the last answer must have come."""
        assert self.transport is not None and not self._waiting
        self._waiting, self._end = True, UNREAD
        self._buffer.clear()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect an answer; tell when it is whole."""
        self._buffer += data
        if self._end == UNREAD and not self._read_head():
            return
        if self._end == CHUNKED:
            if not self._buffer.endswith(b"0" + HEAD_END):
                return
        elif len(self._buffer) < self._end:
            return
        self._finish(self._status)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell of an answer that will not come."""
        self.transport = None
        if self._waiting:
            self._finish(0)

    def _read_head(self) -> bool:
        at = self._buffer.find(HEAD_END)
        if at < 0:
            return False
        head = bytes(self._buffer[:at]).lower()
        self._status, self._start = int(head[9:12]), at + len(HEAD_END)
        self._last = b"\r\nconnection: close" in head
        mark = head.find(b"\r\ncontent-length:")
        if mark >= 0:
            length = head[mark + 17 :].partition(b"\r\n")[0]
            self._end = self._start + int(length)
        else:
            self._end = CHUNKED
        return True

    def _finish(self, status: int) -> None:
        self._waiting = False
        if self._last and self.transport is not None:
            self.transport.close()
        self._answered(self, status, bytes(self._buffer[self._start :]) if status else b"")


class Wires:
    """As many connections to one server as there are requests under way; for an open loop.

    Args:
        url: address of the route that texts are posted to.
        headers: sent with each request.
        seconds: an answer later than this counts as none.
        most: connections at once; a request that finds all of them busy waits for one.

    Attributes:
        waited: whether a request had to wait for a connection.
    """

    def __init__(
        self, url: str, headers: Mapping[str, str], seconds: float, most: int = 512
    ) -> None:
        self._places, self.waited = asyncio.Semaphore(most), False
        self._url, self._headers, self._seconds = url, headers, seconds
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if secure else 80)
        self._tls = ssl.create_default_context() if secure else None
        self._idle: list[Wire] = []
        self._futures: dict[Wire, asyncio.Future[int]] = {}
        self._requests: dict[str, bytes] = {}

    async def ask(self, text: str) -> bool:
        """Send one text; return whether it was answered with a status of 2xx. Never raises."""
        request = self._requests.get(text)
        if request is None:
            body = json.dumps({"inputs": [text], "top": 1}, ensure_ascii=False).encode()
            request = self._requests[text] = post(self._url, body, self._headers)
        self.waited = self.waited or self._places.locked()
        try:
            async with asyncio.timeout(self._seconds), self._places:
                wire = await self._free()
                future = self._futures[wire] = asyncio.get_running_loop().create_future()
                try:
                    wire.send(request)
                    status = await future
                except asyncio.CancelledError:
                    if wire.transport is not None:
                        wire.transport.abort()
                    raise
                finally:
                    self._futures.pop(wire, None)
                if wire.open:
                    self._idle.append(wire)
        except (OSError, TimeoutError):
            return False
        return 200 <= status < 300

    def close(self) -> None:
        """Close every idle connection."""
        for wire in self._idle:
            if wire.transport is not None:
                wire.transport.close()

    async def _free(self) -> Wire:
        while self._idle:
            wire = self._idle.pop()
            if wire.open:
                return wire
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(
            lambda: Wire(self._answered), self._host, self._port, ssl=self._tls
        )
        return made

    def _answered(self, wire: Wire, status: int, body: bytes) -> None:
        future = self._futures.get(wire)
        if future is not None and not future.done():
            future.set_result(status)
