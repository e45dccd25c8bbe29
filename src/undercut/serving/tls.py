"""The certificate and the key of HTTPS, tried before the server listens."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from undercut.core.errors import Problem, UndercutError, fail
from undercut.serving.options import ServeOptions


def check_tls(options: ServeOptions) -> None:
    """Shake hands once in memory with the given certificate and key.

    Raises:
        UndercutError: one is given without the other, unreadable, not PEM, of another pair, under
            a passphrase, readable by others, or its time is over or not yet come.
    """
    cert, key = options.tls_cert, options.tls_key
    if cert is None and key is None:
        return
    if cert is None or key is None:
        lacking = "--tls-key" if key is None else "--tls-cert"
        raise fail("tls-pair", expected="--tls-cert and --tls-key together", found=f"no {lacking}")
    problems = [p for p in (_unreadable(cert), _unreadable(key)) if p]
    if problems:
        raise UndercutError("tls-file", problems)
    mode = key.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o007:
        raise fail(
            "tls-shared",
            expected="a private key that not everybody can read",
            found=f"mode {mode:o}",
            where=str(key),
            fix=f"Run: chmod 600 {key}",
        )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        server.load_cert_chain(cert, key, password=_no_passphrase)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False  # which names callers use is theirs to know
        client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        client.load_verify_locations(cert)
    except ssl.SSLError as e:
        raise fail(
            "tls-file",
            expected="a certificate and its own private key, both PEM",
            found=_said(e),
            where=f"{cert}, {key}",
        ) from None
    try:
        _shake(server, client)
    except ssl.SSLError as e:
        raise fail(
            "tls-certificate",
            expected="a certificate that is in force",
            found=_said(e),
            where=str(cert),
            fix="Renew it, or look at this machine's clock.",
        ) from None


def _unreadable(path: Path) -> Problem | None:
    try:
        path.open("rb").close()
    except OSError as e:
        return Problem("a file that can be read", str(e.strerror), str(path))
    return None


def _no_passphrase() -> str:
    raise fail(
        "tls-passphrase",
        expected="a private key without a passphrase: the server starts by itself",
        found="one under a passphrase",
        where="tls_key",
        fix="Run: openssl pkey -in KEY -out PLAIN_KEY && chmod 600 PLAIN_KEY",
    )


def _said(error: ssl.SSLError) -> str:
    """Return what a certificate lacks, without the place in OpenSSL's source."""
    said = getattr(error, "verify_message", None) or error.reason or str(error)
    return str(said).replace("_", " ").lower()


def _shake(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """Carry a handshake between two ends in this process, until both are through."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(incoming=down, outgoing=up),
        server.wrap_bio(incoming=up, outgoing=down, server_side=True),
    ]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)
