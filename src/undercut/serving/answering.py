"""A server at work: from a listening socket until a signal."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from undercut.serving.back import Back
from undercut.serving.exposure import accepted_hosts, url_of
from undercut.serving.greeting import greeting, log_to_stderr, show_new_keys
from undercut.serving.meter import subject_of
from undercut.serving.options import ServeOptions
from undercut.serving.releasing.acts import Releases
from undercut.serving.shelf import Shelf
from undercut.store.files import content_hash


def answer(
    back: Back,
    options: ServeOptions,
    sock: socket.socket,
    shelf: Shelf,
    releases: Releases | None,
) -> None:
    """Answer on a listening socket until a signal."""
    import uvicorn

    from undercut.serving.http import build_app
    from undercut.serving.timeouts import HastyProtocol

    app = build_app(
        keys=back.keys,
        till=back.till,
        meter=back.meter,
        feedback=back.feedback,
        limits=options.limits,
        shelf=shelf,
        trials=releases.trials if releases else None,
        releases=releases,
        hosts=accepted_hosts(options),
    )
    config = uvicorn.Config(
        app,
        http=HastyProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=int(options.limits.deadline_seconds) + 5,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
    )
    log_to_stderr(options.access_log)
    versions = [info.version for info in shelf.infos]
    subject = subject_of(versions[0] if len(versions) == 1 else content_hash(versions))
    with back.book.measure(subject), _sigterm_interrupts():
        try:
            if back.keys is not None:
                show_new_keys(back.keys, options.new_key)
            url = url_of(options, sock)
            told = greeting(shelf.infos, url, keyed=back.keys is not None)
            print(told, file=sys.stderr, flush=True)
            uvicorn.Server(config).run(sockets=[sock])
        except KeyboardInterrupt:  # how a stop ends: uvicorn raises the signal again
            pass
        finally:
            if releases is not None:
                releases.follower.close()
            back.__exit__()


@contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """Make SIGTERM what Ctrl+C is: before uvicorn takes signals, and when it raises them again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
