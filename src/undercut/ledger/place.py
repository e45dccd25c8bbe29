"""Which ledger spending goes to while a model answers."""

from __future__ import annotations

from pathlib import Path

FILE = "ledger.sqlite"
_workspace = Path("undercut-out")


def keep_in(workspace: Path) -> None:
    """Say which workspace's ledger it is; ``undercut-out`` when nobody says."""
    global _workspace
    _workspace = workspace


def ledger() -> Path:
    """Return the ledger's file."""
    return _workspace / FILE
