"""The HTTP/1.1 protocol with what uvicorn has not: bounds of a request's headers in time and size.

A caller who sends its headers a byte at a time holds a connection, and with enough of them the
process runs out of file descriptors; one who never ends them fills the memory. Bodies have their
bounds in :mod:`.intake`.

The parser is httptools, in C, where it is installed (as with ``undercut[serve]``), else h11, in
Python: ``docs/design/http-server.md``.
"""

from __future__ import annotations

import asyncio
from typing import Any

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Base
except ImportError:
    from uvicorn.protocols.http.h11_impl import H11Protocol as Base  # type: ignore[assignment]


class HastyProtocol(Base):
    """Closes a connection whose headers are late or large.

    Late: ``header_seconds`` without a whole request's headers. Large: more than ``header_bytes``
    before they are whole.
    """

    header_seconds = 10.0
    header_bytes = 65_536
    _late: asyncio.TimerHandle | None = None
    _unfinished = 0

    def connection_made(self, transport: Any) -> None:
        """Start the clock with the connection."""
        super().connection_made(transport)
        self._tend()

    def data_received(self, data: bytes) -> None:
        """Stop the clock once a request is being answered."""
        if not self._answering():
            self._unfinished += len(data)
        super().data_received(data)
        self._tend()

    def on_response_complete(self) -> None:
        """Start the clock again for the next request."""
        super().on_response_complete()
        self._tend()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop()
        super().connection_lost(exc)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _tend(self) -> None:
        if self._answering():
            self._unfinished = 0
            self._stop()
        elif self._unfinished > self.header_bytes:
            self._stop()
            self.transport.abort()
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
