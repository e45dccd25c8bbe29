"""Where the API is, and the key, which is read from the environment and never written anywhere."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from undercut.core.errors import Problem, UndercutError, fail

HIDDEN = "***"
ENDPOINT = "/chat/completions"


@dataclass(frozen=True)
class Address:
    """A checked base address and the key to it.

    Attributes:
        url: without a slash at its end.
        key: empty when none is sent; never shown, not even in ``repr``.
    """

    url: str
    key: str = field(default="", repr=False)

    def hide(self, text: str) -> str:
        """Return the text without the key, should a server have sent it back."""
        return text.replace(self.key, HIDDEN) if self.key else text


def check(base_url: str, key_env: str, environment: Mapping[str, str] = os.environ) -> Address:
    """Check an address and fetch its key.

    A server on this machine or in a private network needs no key and may speak plain HTTP;
    anything else needs both a key and HTTPS.

    Raises:
        UndercutError: not an address, a secret in it, no key, or a key that would travel in clear.
    """
    url = base_url.strip().rstrip("/").removesuffix(ENDPOINT)
    problems = _url_problems(url)
    if problems:
        raise UndercutError("rival-address", problems)
    parts = urlsplit(url)
    near = _is_near(parts.hostname or "")
    key = environment.get(key_env, "").strip()
    if not key and not near:
        raise fail(
            "rival-key",
            expected="an API key in the environment",
            found="none",
            where=key_env,
            fix=f"Set it: export {key_env}=...; or name another variable with --key-env NAME.",
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise fail(
            "rival-key",
            expected="an API key of printable ASCII letters without spaces",
            found="other letters in it",
            where=key_env,
        )
    if key and parts.scheme == "http" and not near:
        raise fail(
            "rival-address",
            expected="an https:// address, so that the key does not travel in clear",
            found="http://",
            where="--base-url",
        )
    return Address(url, key)


def _url_problems(url: str) -> list[Problem]:
    where, expected = "--base-url", "an address such as https://api.openai.com/v1"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as e:
        return [Problem(expected, str(e), where)]
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in url):
        return [Problem(expected, repr(url) if "@" not in url else "something else", where)]
    problems = []
    if parts.username is not None or parts.password is not None:
        fix = "Put the key in an environment variable and name it with --key-env."
        problems.append(Problem("no user name or password in the address", "one", where, fix))
    if parts.query or parts.fragment:
        problems.append(Problem("an address without ? and #", "one with it", where))
    return problems


def _is_near(host: str) -> bool:
    """Tell this machine and private networks from the internet."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".localhost", ".local"))
