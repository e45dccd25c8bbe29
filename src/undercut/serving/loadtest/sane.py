"""What a load test is asked for, checked before anything is sent: all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from undercut.core.errors import Problem, UndercutError
from undercut.core.specs_economics import LoadtestSpec

SPARE_FILES = 64
"""Open files that are not connections: the workspace, the ledger, Python's own."""


def most_connections() -> int | None:
    """Return how many connections this process may have; ``None`` where nothing bounds them."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else max(1, soft - SPARE_FILES)


def check(spec: LoadtestSpec) -> None:
    """Check what can be known to be wrong.

    Raises:
        UndercutError: an address that is none, rates that contradict each other, more connections
            than this process may have open.
    """
    if problems := list(_problems(spec)):
        raise UndercutError("loadtest-invalid", problems)


def _problems(spec: LoadtestSpec) -> Iterator[Problem]:
    try:
        parts = urlsplit(spec.url)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
    if wrong:
        yield Problem("an address such as http://127.0.0.1:8000", f"'{spec.url}'", "--url")
    if spec.start_per_second > spec.most_per_second:
        yield Problem(
            "a first rate of at most --most-per-second",
            f"{spec.start_per_second:g}, above {spec.most_per_second:g}",
            "--start-per-second",
        )
    most = most_connections()
    if most is not None and spec.connections > most:
        yield Problem(
            f"at most {most} connections: this process may have {most + SPARE_FILES} files open",
            str(spec.connections),
            "--connections",
            f"Ask for fewer, or allow more first: ulimit -n {spec.connections + SPARE_FILES}",
        )
