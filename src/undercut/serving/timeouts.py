"""The HTTP/1.1 protocol with a deadline for request headers, which uvicorn has not.

A caller who sends its headers a byte at a time holds a connection, and with enough of them the
process runs out of file descriptors. Bodies have their deadline in :mod:`.intake`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class HastyProtocol(H11Protocol):
    """Closes a connection that has gone ``header_seconds`` without a whole request's headers."""

    header_seconds = 10.0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Start the clock with the connection."""
        super().connection_made(transport)
        self._tend()

    def handle_events(self) -> None:
        """Stop the clock once a request is being answered."""
        super().handle_events()
        self._tend()

    def on_response_complete(self) -> None:
        """Start the clock again for the next request."""
        super().on_response_complete()
        self._tend()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop()
        super().connection_lost(exc)

    def _tend(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
