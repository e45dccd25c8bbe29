"""Ask an OpenAI-compatible ``/chat/completions``: bounded, patient with busy servers, plain errors.

Tried again: 408, 409, 425, 429, 5xx, refused and broken connections, and time-outs, after
``Retry-After`` where the server gives one, else after a random part of ``0.5 * 2**try`` seconds
(full jitter: Brooker 2015, Exponential Backoff and Jitter, AWS architecture blog). Anything else
would be turned away again and is an error at once.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

from undercut.core.errors import MissingExtra, Problem, UndercutError
from undercut.models.api.address import ENDPOINT, Address
from undercut.models.api.replies import Refused, Reply, fatal, message_of, read_reply

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
LONGEST_PAUSE_SECONDS = 30.0
LONGEST_ASKED_SECONDS = 120.0
MOST_BYTES = 4_000_000


class Unanswered(UndercutError):
    """A row got no answer after all tries; ``lost`` of them may have been billed."""

    lost = 0


class Stopped(Exception):
    """The work was called off while a row waited for its next try."""


@dataclass(frozen=True)
class Asked:
    """A reply and what it took.

    Attributes:
        latency_ms: from sending to the last byte, of the try that was answered.
        tries: requests sent.
        lost: of these, sent and never answered.
    """

    reply: Reply
    latency_ms: float
    tries: int
    lost: int


class RivalClient:
    """Asks one model of one API. Threads may share it.

    Args:
        address: where, and the key.
        body: fields of every request but the messages.
        timeout_seconds: longest wait for one answer, all of it.
        retries: more tries after the first.
        stop: set to call waiting threads off.
        pause: waits seconds; true when called off. ``stop.wait`` by default.

    Attributes:
        notes: what had to be changed in the request for this server.
    """

    def __init__(
        self,
        address: Address,
        body: dict[str, Any],
        *,
        timeout_seconds: float = 60.0,
        retries: int = 5,
        concurrency: int = 4,
        stop: threading.Event | None = None,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        httpx = require_http()
        self._address, self._retries, self._seconds = address, retries, timeout_seconds
        self._body, self._lock = dict(body), threading.Lock()
        self._stop = stop or threading.Event()
        self._pause = pause or self._stop.wait
        self.notes: list[str] = []
        headers = {"authorization": f"Bearer {address.key}"} if address.key else {}
        limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        self._http = httpx.Client(
            headers=headers, timeout=timeout_seconds, limits=limits, follow_redirects=False
        )

    def __enter__(self) -> RivalClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def ask(self, messages: list[dict[str, str]]) -> Asked:
        """Send the messages of one row and return the answer.

        Raises:
            Unanswered: no answer after all tries.
            UndercutError: an answer that no further try would change: a wrong key, model or
                address, no credit left, or something that is no chat completion.
            Stopped: called off between tries.
        """
        tries = lost = 0
        while True:
            tries += 1
            body = dict(self._body)
            begin = time.perf_counter()
            status, content, asked, trouble = self._send({**body, "messages": messages})
            latency = (time.perf_counter() - begin) * 1e3
            if status == 0:
                lost += asked is None and trouble != ""
            found = self._read(status, content, body)
            if isinstance(found, (Reply, Refused)):
                reply = found if isinstance(found, Reply) else found.reply()
                return Asked(reply, latency, tries, lost)
            if found == "changed":
                tries -= 1
                continue
            reason = trouble or self._address.hide(found)
            if tries > self._retries:
                raise self._give_up(reason, tries, lost)
            if self._pause(self._seconds_to_wait(tries, asked, reason, lost)):
                raise Stopped

    def _send(self, body: dict[str, Any]) -> tuple[int, bytes, str | None, str]:
        """Return status, body, the ``Retry-After`` header, and what went wrong on the way.

        Status 0 means that there was no answer; the header is then ``""`` when nothing was sent.
        """
        httpx = require_http()
        deadline = time.monotonic() + self._seconds
        url = self._address.url + ENDPOINT
        try:
            with self._http.stream("POST", url, json=body) as response:
                parts, size = [], 0
                for part in response.iter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > MOST_BYTES:
                        return 0, b"", None, f"an answer of more than {MOST_BYTES:,} bytes"
                    if time.monotonic() > deadline:
                        return 0, b"", None, f"no whole answer within {self._seconds:g} s"
                asked = response.headers.get("retry-after")
                return response.status_code, b"".join(parts), asked, ""
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as e:
            return 0, b"", "", f"no connection ({str(e) or type(e).__name__})"
        except httpx.TimeoutException:
            return 0, b"", None, f"no answer within {self._seconds:g} s"
        except httpx.HTTPError as e:
            return 0, b"", None, f"a broken connection ({str(e) or type(e).__name__})"

    def _read(self, status: int, content: bytes, sent: dict[str, Any]) -> Reply | Refused | str:
        """Return the reply; or why to try again: ``changed``, or what the server said.

        Raises:
            UndercutError: trying again would not help.
        """
        if status == 0:
            return ""
        if status == 200:
            found = read_reply(content, self._address)
            if isinstance(found, Reply):
                return found
            status, content = found, content
        message, code, parameter = message_of(content)
        if status == 400:
            if code in ("content_filter", "content_policy_violation"):
                return Refused(message)
            if self._change(parameter, message, sent):
                return "changed"
        if status not in RETRIED or code in ("insufficient_quota", "billing_hard_limit_reached"):
            raise fatal(status, code, self._address.hide(message), self._address, sent["model"])
        return f"status {status}" + (f": {message}" if message else "")

    def _change(self, parameter: str, message: str, sent: dict[str, Any]) -> bool:
        """Adapt to a server that does not know a parameter; say whether a try with it differs."""
        named = parameter or message
        with self._lock:
            if sent != self._body:  # another thread has adapted it meanwhile
                return True
            if "max_tokens" in named and "max_tokens" in sent:
                self._body["max_completion_tokens"] = self._body.pop("max_tokens")
                self.notes.append("the length limit was sent as max_completion_tokens")
                return True
            if "temperature" in named and "temperature" in sent:
                del self._body["temperature"]
                self.notes.append("temperature is the server's own; it refuses to be told 0")
                return True
        return False

    def _seconds_to_wait(self, tries: int, asked: str | None, reason: str, lost: int) -> float:
        wanted = seconds_asked(asked)
        if wanted is None:
            return random.uniform(0.0, min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** (tries - 1)))
        if wanted > LONGEST_ASKED_SECONDS:
            raise self._give_up(f"{reason}; it asks to wait {wanted:.0f} s", tries, lost)
        return wanted + random.uniform(0.0, 0.5)

    def _give_up(self, reason: str, tries: int, lost: int) -> Unanswered:
        error = Unanswered(
            "rival-unanswered",
            Problem(
                "an answer",
                f"{reason or 'none'}, after {tries} {'try' if tries == 1 else 'tries'}",
                self._address.url,
                "Answers so far are kept; the same command goes on.",
            ),
        )
        error.lost = lost
        return error


def seconds_asked(header: str | None) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for, or ``None`` without a usable one."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if seconds == seconds else None


def require_http() -> Any:
    """Return the package that speaks HTTP.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import httpx
    except ImportError:
        raise MissingExtra(
            "extra-missing",
            Problem(
                "the package that speaks HTTP to be installed",
                "no httpx",
                fix='Run: pip install "undercut[rival]"',
            ),
        ) from None
    return httpx
