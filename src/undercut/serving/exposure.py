"""Where the server may listen, and the socket it listens on."""

from __future__ import annotations

import errno
import ipaddress
import socket
from contextlib import suppress
from typing import Any

from undercut.core.errors import Problem, UndercutError, fail
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
    """Refuse to answer other machines without API keys, or in words that the way can read.

    Raises:
        UndercutError: the address is not loopback, keys or TLS are missing, and neither
            ``insecure`` nor, for TLS alone, ``behind_proxy`` says that this is meant.
    """
    _, address = _address(options.host, options.port)
    loopback = ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback
    if loopback or options.insecure:
        return
    problems = []
    if not options.keys:
        problems.append(
            Problem(
                "API keys for an address that other machines can reach",
                f"host '{options.host}' and no keys",
                "host",
                "Leave --no-keys out, serve on 127.0.0.1, or add --insecure.",
            )
        )
    if options.tls_cert is None and not options.behind_proxy:
        problems.append(
            Problem(
                "TLS for an address that other machines can reach: keys and texts cross the wire",
                f"host '{options.host}' and no certificate",
                "host",
                "Add --tls-cert FILE --tls-key FILE, or --behind-proxy where a proxy ends TLS, "
                "serve on 127.0.0.1, or add --insecure.",
            )
        )
    if problems:
        raise UndercutError("serve-open", problems)


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
    _allow_connections()
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


def _allow_connections() -> None:
    """Raise this process's bound on open files to what the system allows it.

    The usual bound of 1,024 would let a thousand idle connections keep everybody else out.
    """
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):  # macOS refuses "without bound"
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def url_of(options: ServeOptions, sock: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    scheme = "https" if options.tls_cert else "http"
    return f"{scheme}://{host}:{sock.getsockname()[1]}"
