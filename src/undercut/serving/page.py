"""The page at ``/``: one self-contained file, with the content policy that lets only it run."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path


def _hash(tag: str, html: str) -> str:
    inside = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    if inside is None:
        raise ValueError(f"the page has no <{tag}>")
    digest = hashlib.sha256(inside.group(1).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def page() -> tuple[str, str]:
    """Return the HTML and its Content-Security-Policy: this script, this style, this server."""
    html = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src {_hash('script', html)}; "
        f"style-src {_hash('style', html)}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, policy
