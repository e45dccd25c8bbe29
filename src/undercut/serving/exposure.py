"""Where the server may listen, and the socket it listens on."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Any

from undercut.core.errors import fail
from undercut.serving.options import ServeOptions

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
BACKLOG = 2_048


def _address(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as e:
        raise fail(
            "host-unknown",
            expected="an address or name of this machine",
            found=f"'{host}' ({getattr(e, 'strerror', None) or 'not a host name'})",
            where="host",
            fix="Use 127.0.0.1 for this machine only.",
        ) from None
    family, _, _, _, address = found[0]
    return family, address


def check_exposure(options: ServeOptions) -> None:
    """Refuse to answer strangers without API keys.

    Raises:
        UndercutError: the address is not loopback, there are no keys, and ``insecure`` is off.
    """
    _, address = _address(options.host, options.port)
    loopback = ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback
    if not (loopback or options.keys or options.insecure):
        raise fail(
            "serve-open",
            expected="API keys for an address that other machines can reach",
            found=f"host '{options.host}' and no keys",
            where="host",
            fix="Leave --no-keys out, serve on 127.0.0.1, or add --insecure.",
        )


def accepted_hosts(options: ServeOptions) -> frozenset[str] | None:
    """Return the Host names accepted: any with keys or ``insecure``, else this machine's own."""
    if options.keys or options.insecure:
        return None
    own = f"[{options.host}]" if ":" in options.host else options.host
    return LOOPBACK_NAMES | {name.lower() for name in (own, *options.allowed_hosts)}


def listen(options: ServeOptions) -> socket.socket:
    """Return a listening socket.

    Raises:
        UndercutError: the port is in use or not allowed, or the address is not this machine's.
    """
    family, address = _address(options.host, options.port)
    # asyncio sends small packets at once (TCP_NODELAY) only where the protocol is spelt out;
    # without that every answer on a kept connection waits 40 ms for the caller's delayed ACK.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as e:
        sock.close()
        if e.errno == errno.EADDRINUSE:
            raise fail(
                "port-in-use",
                expected="a free port",
                found=f"port {options.port} in use by another program",
                where="port",
                fix=f"Choose another, such as {options.port + 1}, or 0 for any free one.",
            ) from None
        raise fail(
            "address-refused",
            expected="an address and port this program may listen on",
            found=f"{options.host}:{options.port} ({e.strerror})",
            where="host, port",
            fix="Use 127.0.0.1 and a port of 1024 or more.",
        ) from None
    return sock


def url_of(options: ServeOptions, sock: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"http://{host}:{sock.getsockname()[1]}"
