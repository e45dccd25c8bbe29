"""Corrections encrypted at rest, with Fernet (AES-128-CBC and HMAC-SHA256) of ``cryptography``.

The key is a secret, so it comes from the environment. Several, parted by commas, are all tried when
reading, and the first one writes: that is how a key is changed.
"""

from __future__ import annotations

import os
from typing import Any

from undercut.core.errors import MissingExtra, Problem, fail

VARIABLE = "UNDERCUT_FEEDBACK_KEY"


class Seal:
    """Closes and opens texts.

    Args:
        keys: Fernet keys parted by commas.

    Raises:
        UndercutError: one of them is not 32 bytes in URL-safe base64.
        MissingExtra: ``cryptography`` is absent.
    """

    def __init__(self, keys: str) -> None:
        try:
            from cryptography.fernet import Fernet, InvalidToken, MultiFernet
        except ImportError:
            fix = 'Run: pip install "undercut[encrypt]"'
            problem = Problem("the packages of encryption to be installed", "no cryptography", fix)
            raise MissingExtra("extra-missing", problem) from None
        self._invalid: type[Exception] = InvalidToken
        try:
            self._fernet: Any = MultiFernet([Fernet(k.strip()) for k in keys.split(",")])
        except ValueError:
            raise fail(
                "feedback-key",
                expected="keys of 32 bytes in URL-safe base64, parted by commas",
                found="something else",
                where=VARIABLE,
                fix='Make one: python -c "from cryptography.fernet import Fernet; '
                'print(Fernet.generate_key().decode())"',
            ) from None

    def close(self, text: str) -> str:
        """Return the text, sealed."""
        return str(self._fernet.encrypt(text.encode("utf-8", "surrogatepass")).decode())

    def open(self, token: str) -> str:
        """Return what was sealed.

        Raises:
            UndercutError: it was sealed with another key, or changed.
        """
        try:
            opened: bytes = self._fernet.decrypt(token.encode())
        except self._invalid:
            raise fail(
                "feedback-sealed",
                expected="the key the feedback was sealed with",
                found="another one, or changed rows",
                where=VARIABLE,
                fix="Set all keys that were ever used, parted by commas, the newest first.",
            ) from None
        return opened.decode("utf-8", "surrogatepass")


def seal_of_environment() -> Seal | None:
    """Return the seal of ``UNDERCUT_FEEDBACK_KEY``; ``None`` when it is not set."""
    keys = os.environ.get(VARIABLE, "").strip()
    return Seal(keys) if keys else None
