"""What a server says on stderr when it starts: new keys, once, and how to ask it."""

from __future__ import annotations

import logging
import sys

from undercut.serving.keys import ORDINARY, KeyStore
from undercut.serving.schemas import ModelInfo


def show_new_keys(keys: KeyStore, asked: str | None) -> None:
    """Make the first key, or the one asked for, and print it: the only time it is seen."""
    known = keys.list()
    if not known and not asked:
        asked = "first"
    if asked:
        secret, key = keys.create(asked, ORDINARY)
        print(f"API key '{key.name}', shown this once; keep it:", file=sys.stderr)
        print(f"  export UNDERCUT_API_KEY={secret}", file=sys.stderr)
    elif not any(key.revoked_at is None for key in known):
        print("Every API key is revoked, so every request gets 401.", file=sys.stderr)
        print("Start again with --new-key NAME to make one.", file=sys.stderr)


def greeting(models: list[ModelInfo], url: str, *, keyed: bool) -> str:
    """Return where a server answers and how to ask it."""
    key = ' -H "authorization: Bearer $UNDERCUT_API_KEY"' if keyed else ""
    one = "" if len(models) == 1 else f', "model": "{models[-1].name}"'
    return (
        f"Serving {', '.join(m.name for m in models)} at {url} (Ctrl+C stops it). Try: "
        f"curl {url}/v1/predict{key} -H 'content-type: application/json' "
        f"""-d '{{"inputs": "where is my parcel"{one}}}'"""
    )


def log_to_stderr(access_log: bool) -> None:
    """Write the access log, where it is asked for."""
    if access_log:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger = logging.getLogger("undercut.serving.access")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
